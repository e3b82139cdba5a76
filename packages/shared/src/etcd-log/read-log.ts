import { likenessOf } from '../reasons/likeness.ts';
import { reason } from '../reasons/reason.ts';
import { type LogFact, readLine } from './read-line.ts';

/** At most so many facts: a log that names ever new peers cannot grow what is made of it (R18). */
const most = 12;
/** What is older than the last line by more than this may be over. */
const recentMs = 600_000;

/**
 * What the newest lines of etcd's log show, the newest first: of facts that are alike only the last, and the changes of the leader
 * counted. Pure.
 *
 * @param lines oldest first
 */
export function readLog(lines: readonly string[]): readonly LogFact[] {
  const read = lines.flatMap((line) => readLine(line) ?? []);
  const newest = read.findLast(({ at }) => at !== null)?.at ?? null;
  const since = newest === null ? Number.NEGATIVE_INFINITY : Date.parse(newest) - recentMs;
  const recent = read.filter(({ at }) => at === null || Date.parse(at) >= since);
  const changes = recent.filter((one) => one.reason.code === 'etcd_leader_changes');
  const counted = changes
    .slice(-1)
    .map(({ at }) => ({ at, reason: reason('etcd_leader_changes', { count: changes.length }) }));
  const others = recent.filter((one) => one.reason.code !== 'etcd_leader_changes');
  const newestFirst = [...others, ...counted].reverse();
  const seen = new Set<string>();
  const distinct = newestFirst.filter((one) => {
    const like = likeness(one);
    return !seen.has(like) && seen.add(like);
  });
  return distinct.slice(0, most);
}

/** Times and durations differ in each line. */
function likeness({ reason: { code, facts } }: LogFact): string {
  const { clock: _clock, tookMs: _took, driftMs: _drift, ...same } = facts as Readonly<Record<string, unknown>>;
  return likenessOf({ code, facts: same });
}
