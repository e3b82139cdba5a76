import { firstOfEach, likenessOf } from '../reasons/likeness.ts';
import { factOf, type Reason, reason } from '../reasons/reason.ts';
import { type LogFact, mostLogFacts } from './log-fact.ts';
import { endsNoSpace, readLine } from './read-line.ts';

/** What is older than the last line by more than this may be over. */
const recentMs = 600_000;

/**
 * What the newest lines of etcd's log show, the newest first: of facts that are alike only the last, and the changes of the leader
 * counted. Pure.
 *
 * @param lines oldest first
 */
export function readLog(lines: readonly string[]): readonly LogFact[] {
  const urls = urlsOfPeers(lines);
  const roomAgain = lines.findLastIndex(endsNoSpace);
  const read = lines
    .flatMap((line, index) => {
      const fact = readLine(line);
      return fact === null || (fact.reason.code === 'etcd_no_space' && index < roomAgain) ? [] : [fact];
    })
    .map((fact) => withUrl(fact, urls));
  const newest = read.findLast(({ at }) => at !== null)?.at ?? null;
  const since = newest === null ? Number.NEGATIVE_INFINITY : Date.parse(newest) - recentMs;
  const recent = read.filter(({ at }) => at === null || Date.parse(at) >= since);
  const changes = recent.filter((one) => one.reason.code === 'etcd_leader_changes');
  const counted = changes
    .slice(-1)
    .map(({ at }) => ({ at, reason: reason('etcd_leader_changes', { count: changes.length }) }));
  const others = recent.filter((one) => one.reason.code !== 'etcd_leader_changes');
  const newestFirst = [...others, ...counted].reverse();
  return distinct(newestFirst);
}

/** etcd repeats what lasts, at the latest after 30 s. What it has not repeated for so long is over, in milliseconds. */
const repeatedMs = 60_000;

/**
 * {@link readLog} of an etcd that has been running for a while: without what an earlier run of it has logged, and without what is
 * over. A fact that is not over stays although the newest lines do not show it: they may be those of some seconds.
 *
 * @param before what was read last, of the same run
 * @param now the clock of its machine, in milliseconds since the epoch
 */
export function readRunningLog(lines: readonly string[], before: readonly LogFact[], now: number): readonly LogFact[] {
  const start = lines.findLastIndex((line) => line.includes('"msg":"starting an etcd server"'));
  const shown = [...readLog(lines.slice(Math.max(start, 0))), ...before];
  return distinct(shown.filter(({ at }) => at !== null && Math.abs(now - Date.parse(at)) <= repeatedMs));
}

/** The lines after etcd was last stopped by somebody: what is before says nothing of an etcd that is down since (R19). */
export function sinceOrderedEnd(lines: readonly string[]): readonly string[] {
  const end = lines.findLastIndex(
    (line) => line.includes('"msg":"received signal; shutting down"') || line.includes('"msg":"closed etcd server"'),
  );
  return lines.slice(end + 1);
}

/** Of facts that are alike only the first. */
function distinct(facts: readonly LogFact[]): readonly LogFact[] {
  return firstOfEach(facts, likeness).slice(0, mostLogFacts);
}

/** Times and durations differ in each line. */
function likeness({ reason: { code, facts } }: LogFact): string {
  const {
    clock: _clock,
    tookMs: _took,
    driftMs: _drift,
    count: _count,
    ...same
  } = facts as Readonly<Record<string, unknown>>;
  return likenessOf({ code, facts: same });
}

/** Of each peer that the lines name by its ID and its URL, the URL. Most lines have only the ID. */
function urlsOfPeers(lines: readonly string[]): ReadonlyMap<string, string> {
  const urls = new Map<string, string>();
  for (const line of lines) {
    const [, id, url] =
      /"added-peer-id":"([0-9a-f]{1,16})","added-peer-peer-urls":\["(https?:\/\/[^"/]{1,240})"/.exec(line) ?? [];
    if (id !== undefined && url !== undefined) urls.set(id, url);
    const address = /"address":"(https?:\/\/[^"/]{1,240})[^"]{0,300}","remote-member-id":"([0-9a-f]{1,16})"/.exec(line);
    if (address?.[1] !== undefined && address[2] !== undefined) urls.set(address[2], address[1]);
  }
  return urls;
}

function withUrl({ reason: { code, facts }, at }: LogFact, urls: ReadonlyMap<string, string>): LogFact {
  const remote = factOf({ facts }, 'remote');
  const url = typeof remote === 'string' ? urls.get(remote) : undefined;
  return { reason: { code, facts: url === undefined ? facts : { ...facts, remote: url } } as Reason, at };
}
