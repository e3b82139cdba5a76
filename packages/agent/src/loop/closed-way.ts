import { isEarlierMinor, minorOf } from '@picket/shared/etcd-version.ts';
import type { ProgramOrder } from '@picket/shared/protocol/releases.ts';
import { type AnyReason, type Reason, reason } from '@picket/shared/reasons/reason.ts';
import type { Clock } from '../host/host.ts';
import { readVersionRecord } from '../host/version-record.ts';
import type { Journal } from '../journal/journal.ts';
import type { ConfReader } from '../model/conf.ts';
import { fileNames } from '../model/managed-files.ts';
import { type Accepted, type AcceptedMember, isMember, memberStateOf } from '../model/model.ts';
import { programOrderOf, unitOf } from '../model/program.ts';
import { admits, orderOf } from '../model/version-guard.ts';
import type { ObserveDeps } from '../observe/observe.ts';
import { askWayBack } from '../reconcile/apply/way-back.ts';
import { type ClosedWay, inForce, type Pair, refusedBack } from '../reconcile/trial/trial.ts';

/** See `askWayBack`. */
export type WayBack = (back: string, accepted: AcceptedMember, ordered: boolean) => Promise<Reason | null>;

/** While etcd is down, this node is observed every second, and the other voters are asked less often, in milliseconds. */
const askAgainMs = 5_000;

/** Asks the voters, and repeats their answer for a while. Just before an act, they are asked in any case. */
export function wayBackAsker(deps: Parameters<typeof askWayBack>[3], clock: Pick<Clock, 'monotonic'>): WayBack {
  let last: { readonly about: string; readonly at: number; readonly why: Reason | null } | null = null;
  return async (back, accepted, ordered) => {
    const about = JSON.stringify([back, ordered, accepted.document.endpoints]);
    const now = clock.monotonic();
    if (last?.about === about && now - last.at < askAgainMs) return last.why;
    const why = await askWayBack(back, accepted, ordered, deps);
    last = { about, at: now, why };
    return why;
  };
}

type LookingDeps = Pick<ObserveDeps, 'host' | 'paths' | 'unit' | 'installedEtcd'>;

interface Wanted {
  readonly received: Accepted | null;
  readonly journal: Journal;
  /** Why the wanted release or package cannot be started here; null if it can. */
  readonly wantedEtcdProblem: AnyReason | null;
}

/**
 * Set if an etcd of another minor version than this incarnation has started is wanted, or would be put back, and may not be started: an
 * earlier one that the data may refuse (R6), or one to which no order leads (R17). Changes nothing.
 */
export async function closedWay(
  { host, paths, unit, installedEtcd }: LookingDeps,
  reader: ConfReader,
  ask: WayBack,
  { received, journal, wantedEtcdProblem }: Wanted,
): Promise<ClosedWay | null> {
  if (received === null || !isMember(received)) return null;
  const { etcd } = received.document;
  const { startedWith } = journal;
  if (etcd === null || startedWith?.incarnation !== etcd.incarnation) return null;
  const started = startedWith.program === undefined ? undefined : programOrderOf(startedWith.program);
  const target = inForce(received, journal, paths, reader, wantedEtcdProblem, null);
  const wanted = memberStateOf(target);
  const ordered = target === received;
  // What cannot be read is a state: the observation reports it.
  const record = await readVersionRecord(host.files, paths.dataRoot, etcd.incarnation).catch(() => null);
  const back = await minorOfProgram(wanted?.program);
  if (record === null || back === null) return null;
  const { minor } = record;
  const refused = ordered ? null : refusedBack(back, received, journal, paths, reader);
  if (refused !== null) return { why: refused, standing: null };
  if (!admits(orderOf(wanted?.etcd), minor, back)) {
    // What was started last goes on if it can (R10).
    const goesOn = hasLeft(journal, back, wanted?.program) && (await minorOfProgram(started)) === minor;
    return goesOn ? { why: reason('no_order_back', { back, minor }), standing: await standing() } : null;
  }
  if (!isEarlierMinor(back, minor)) return null;
  const why = await ask(back, received, ordered);
  if (why === null) return null;
  return { why, standing: ordered ? await standing() : null };

  async function minorOfProgram(program: ProgramOrder | undefined): Promise<string | null> {
    const installed = await installedEtcd(unitOf(unit, paths, program).binary);
    return installed === null ? null : minorOf(installed.version);
  }

  /** With what etcd was started last. */
  async function standing(): Promise<Pair | null> {
    const conf = await host.files.read(fileNames(paths).conf).catch(() => null);
    return conf === null ? null : { conf, ...(started === undefined ? {} : { program: started }) };
  }
}

/**
 * An order that is over has led from this minor version, or from a later one than this release has. A package that has moved to a version
 * that has not run here keeps its member down.
 */
function hasLeft({ startedWith, lastGood }: Journal, other: string, release: ProgramOrder | undefined): boolean {
  const good = lastGood?.etcdVersion ?? lastGood?.program?.version ?? null;
  if (good === null || lastGood?.incarnation !== startedWith?.incarnation) return false;
  return minorOf(good) === other || (release !== undefined && isEarlierMinor(other, minorOf(good)));
}
