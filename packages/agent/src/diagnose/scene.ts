import { isIP } from 'node:net';
import type { Evidence, Scene, SceneMember } from '@picket/shared/diagnosis/rules/evidence.ts';
import type { LogFact } from '@picket/shared/etcd-log/log-fact.ts';
import { readLog, readRunningLog, sinceOrderedEnd } from '@picket/shared/etcd-log/read-log.ts';
import { isoTime } from '@picket/shared/iso-time.ts';
import { nothingLasts } from '@picket/shared/problems/lasting.ts';
import { saidOfMachine } from '@picket/shared/problems/on-machine.ts';
import type { MachineReport } from '@picket/shared/protocol/report.ts';
import { type AnyReason, reason } from '@picket/shared/reasons/reason.ts';
import { lastWords } from '../model/last-words.ts';
import type { CurrentState, Plan } from '../model/model.ts';
import { serves } from '../model/serves.ts';
import { lostDataReason } from '../reconcile/data-dir.ts';
import { stoppedByHand } from '../report/service-news.ts';
import { type Contents, judgeFiles } from './judge-files.ts';
import type { AnyConf } from './read-any-conf.ts';

/** What was seen on this machine. */
export interface Sights {
  /** This machine's clock, in milliseconds since the epoch. */
  readonly now: number;
  /** null if there is no conf.yml, or none that etcd could read. */
  readonly conf: AnyConf | null;
  readonly confPath: string;
  readonly contents: Contents;
  /** The addresses of the names of members; none for a name that cannot be resolved. */
  readonly resolved: ReadonlyMap<string, readonly string[]>;
  /** Of the peers that have refused connections by the log, those that take connections now, as the log names them. */
  readonly reached: ReadonlySet<string>;
  /** The newest lines of etcd's log, oldest first. */
  readonly lines: readonly string[];
  /** An etcd with this conf.yml runs. */
  readonly isRunning: boolean;
  /** Whether etcd says that its database is full; null if it could not be asked. */
  readonly noSpace: boolean | null;
  readonly machine: MachineReport;
  /** What ports, addresses, names, the clock and the board show. */
  readonly more: readonly AnyReason[];
  /** Of a machine that has joined; null otherwise. */
  readonly joined: (OwnWord & { readonly cluster: string; readonly member: SceneMember | null }) | null;
}

/** The evidence of one machine. Pure. */
export function localScene(sights: Sights): Scene {
  const { now, conf, confPath, contents, isRunning, machine, joined } = sights;
  const self = joined?.member?.name ?? conf?.name ?? null;
  const name = self ?? 'this machine';
  const seen = (one: AnyReason): Evidence => ({ reason: one, about: self, at: isoTime(now), from: 'machine' });
  return {
    cluster: joined?.cluster ?? '',
    place: 'board',
    members: membersOf(sights),
    self,
    failing: self !== null && !(joined?.serves ?? isRunning) ? [self] : [],
    evidence: [
      ...(conf === null ? [] : judgeFiles(conf, confPath, contents, now).map(seen)),
      ...sights.more.map(seen),
      ...saidOfMachine(name, { machine, waits: [] }, nothingLasts).map(({ why }) => seen(why)),
      ...presentFacts(sights).map((fact): Evidence => ({ ...fact, about: self, from: 'etcd-log' })),
      ...(joined?.said ?? []).map((one): Evidence => ({ reason: one, about: self, at: isoTime(now), from: 'agent' })),
    ],
    now: isoTime(now),
    statusNext: joined === null ? null : { command: 'picket-agent status', on: null },
  };
}

/** An alarm lasts, and etcd logs it once; etcd 3.6 and 3.7 do not log it at all. If that is longer ago than this, in milliseconds, it may be over. */
const alarmMs = 900_000;

/** What etcd's log shows, without what is over by now. */
function presentFacts({ now, conf, lines, isRunning, noSpace, more, reached, joined }: Sights): readonly LogFact[] {
  if (!isRunning && joined?.rests === true) return [];
  const isRecentAlarm = ({ reason: { code }, at }: LogFact) =>
    code === 'etcd_no_space' && (at === null || now - Date.parse(at) <= alarmMs);
  const shown = isRunning
    ? [...readRunningLog(lines, [], now), ...readLog(lines).filter(isRecentAlarm)]
    : readLog(sinceOrderedEnd(lines));
  const isPortTaken = conf === null || more.some(({ code }) => code === 'port_to_be_free');
  return shown.filter(({ reason: { code, facts } }) => {
    if (code === 'etcd_port_taken') return isPortTaken;
    // What etcd says now counts more than what it has logged.
    if (code === 'etcd_no_space') return noSpace === null;
    return code !== 'etcd_connection_refused' || !reached.has((facts as { readonly remote: string }).remote);
  });
}

/** The peers that the log says have refused connections, as it names them: at most ten. */
export function refusingPeers(lines: readonly string[]): readonly string[] {
  const remotes = readLog(lines)
    .filter(({ reason: { code } }) => code === 'etcd_connection_refused')
    .map(({ reason: { facts } }) => (facts as { readonly remote: string | null }).remote);
  return [...new Set(remotes.filter((remote) => remote !== null))].slice(0, 10);
}

/** As conf.yml lists them; a member's address may be a name there. */
function membersOf({ conf, joined, resolved }: Sights): readonly SceneMember[] {
  const own = joined?.member ?? null;
  const listed = (conf?.members ?? []).map(
    ({ name, host }): SceneMember => ({ name, address: host, addresses: resolved.get(host) ?? [], memberId: null }),
  );
  return own === null || listed.some(({ name }) => name === own.name) ? listed : [...listed, own];
}

/** The names among the hosts of the members, which must be resolved: at most ten. */
export function namesToResolve(conf: AnyConf): readonly string[] {
  return [...new Set(conf.members.map(({ host }) => host).filter((host) => isIP(host) === 0))].slice(0, 10);
}

/** What a machine that has joined says of its own etcd. */
interface OwnWord {
  readonly serves: boolean;
  /** The agent stopped it, or has not started it since the boot: what its log shows was before that (R19). */
  readonly rests: boolean;
  /** What its agent waits for, and what is wrong with the service. */
  readonly said: readonly AnyReason[];
}

/** By what the files, the service and etcd of this machine show. `waits`, `hinders`: those of the plan. Pure. */
export function ownWord(current: CurrentState, { waits, hinders = [] }: OwnPlan, dataRoot: string): OwnWord {
  const { service, journal, authentication, boot } = current;
  const incarnation = journal.startedWith?.incarnation ?? null;
  const lost = incarnation === null ? null : lostDataReason(incarnation, current, dataRoot);
  const ended = service.kind === 'crashed' ? service.how : null;
  const isStopped = service.kind === 'stopped';
  return {
    serves: serves(current),
    rests: isStopped && journal.ranIn !== boot,
    said: [
      ...waits,
      ...hinders,
      ...(lost === null ? [] : [lost]),
      ...(ended === null ? [] : [reason('ended', { how: ended, lastWords: lastWords(current.lastLog, true) })]),
      ...(stoppedByHand(current) ? [reason('stopped_by_hand')] : []),
      ...(authentication.refused === null ? [] : [reason('authentication_on', { why: authentication.refused })]),
    ],
  };
}

type OwnPlan = Pick<Plan, 'waits' | 'hinders'>;
