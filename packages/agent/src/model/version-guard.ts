import { wayUpTo } from '@picket/shared/etcd-target.ts';
import { areNeighbours, isOfMinor, minorOf } from '@picket/shared/etcd-version.ts';
import type { EtcdWanted } from '@picket/shared/protocol/desired-state.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import type { VersionRecord } from '../host/version-record.ts';
import { type Accepted, type CurrentState, memberStateOf } from './model.ts';

/** The installed etcd, and the minor version that an incarnation runs instead (R17). */
export interface OtherVersion {
  readonly minor: string;
  readonly installed: string;
  /** The incarnation has not begun: the minor version is that of its cluster. */
  readonly begins: boolean;
  /** An order that is not followed, since it skips a minor version. */
  readonly skips?: MinorOrder;
}

/** An operator's order: the incarnation goes from one minor version to another one. */
interface MinorOrder {
  readonly from: string;
  readonly minor: string;
}

type Wanted = Pick<EtcdWanted, 'minor' | 'from' | 'incarnation'>;

/**
 * The order for this incarnation; null without one. It may skip a minor version: see {@link admits}. Of what is put back, the order is
 * the way back: see `inForce`.
 */
export function orderOf(wanted: Pick<EtcdWanted, 'minor' | 'from'> | null | undefined): MinorOrder | null {
  const { from, minor } = wanted ?? {};
  return from === undefined || minor === undefined || from === minor ? null : { from, minor };
}

/**
 * Whether an incarnation that runs `is` may start with this minor version (R17): with the same one, and with the ordered one, if the order
 * goes from one minor version to the next or the last one. The other one of the order is not started because it is installed: a
 * package may have moved to it under a member whose turn has not come.
 */
export function admits(order: MinorOrder | null, is: string, minor: string): boolean {
  if (is === minor) return true;
  if (order === null || !areNeighbours(order.from, order.minor)) return false;
  return is === order.from && minor === order.minor;
}

type Facts = Pick<CurrentState, 'journal' | 'service' | 'etcd' | 'etcdVersion' | 'versionRecords'>;

/** What this node runs or should run: the wanted incarnation, or else the one in which etcd was last started. */
export function incarnationInQuestion(accepted: Accepted | null, { journal }: Pick<Facts, 'journal'>): string | null {
  return memberStateOf(accepted)?.etcd?.incarnation ?? journal.startedWith?.incarnation ?? null;
}

/**
 * The minor version that an incarnation starts with: first what etcd itself reports, else what is recorded, else what its
 * cluster runs. null if none is known, as for a founder that has not begun.
 */
export function minorOfIncarnation(
  incarnation: string,
  current: Omit<Facts, 'etcdVersion'>,
  wanted: Wanted | null,
): string | null {
  const told = wanted?.incarnation === incarnation ? (wanted.minor ?? null) : null;
  if (!hasBegun(incarnation, current)) return told;
  return runningMinor(incarnation, current) ?? current.versionRecords[incarnation]?.minor ?? told;
}

/** Why the next start of this incarnation would be of another minor version; null if it would not. */
export function otherVersion(incarnation: string, current: Facts, wanted: Wanted | null): OtherVersion | null {
  const { etcdVersion: installed } = current;
  const minor = minorOfIncarnation(incarnation, current, wanted);
  if (minor === null || installed === null || isOfMinor(installed, minor)) return null;
  const begins = !hasBegun(incarnation, current);
  const order = begins || wanted?.incarnation !== incarnation ? null : orderOf(wanted);
  if (admits(order, minor, minorOf(installed))) return null;
  const skips = order !== null && !areNeighbours(order.from, order.minor) ? { skips: order } : {};
  return { minor, installed, begins, ...skips };
}

/** The same for the incarnation in question on this node. */
export function otherVersionHere(accepted: Accepted | null, current: Facts): OtherVersion | null {
  const incarnation = incarnationInQuestion(accepted, current);
  return incarnation === null ? null : otherVersion(incarnation, current, memberStateOf(accepted)?.etcd ?? null);
}

/** True if etcd is down or the guard may be running in its place. */
export function isDown({ service }: Pick<CurrentState, 'service'>): boolean {
  return service.kind !== 'running' || service.guarding === true;
}

/** What an operator must do, as a reason to wait. @param remedy the command that does it */
export function versionWait({ minor, installed, begins, skips }: OtherVersion, remedy: string | null): Reason {
  if (skips !== undefined) return reason('minor_skipped', { ...skips });
  return reason('minor_to_install', { minor, installed, remedy, begins, ...wayUpTo(installed, minor) });
}

/**
 * The same while etcd runs: if it ends, it stays down. null if it starts again; so does one that runs a release, whose service
 * names that until a restart brings the package in.
 */
export function versionRemark(
  accepted: Accepted | null,
  current: Facts & Pick<CurrentState, 'etcdRemedy'>,
): Reason | null {
  const other = otherVersionHere(accepted, current);
  if (other === null || isDown(current) || current.journal.startedWith?.program !== undefined) return null;
  const { minor, installed } = other;
  return reason('minor_would_change', { minor, installed, remedy: current.etcdRemedy, ...wayUpTo(installed, minor) });
}

/**
 * True if a release was started, and the package that etcd served with before cannot take its place again: it is missing, or of
 * another minor version.
 */
export function hasNoWayBack({ journal, packageVersion }: Pick<CurrentState, 'journal' | 'packageVersion'>): boolean {
  const { startedWith, lastGood } = journal;
  if (startedWith?.program === undefined || lastGood?.program !== undefined) return false;
  return packageVersion === null || !isOfMinor(packageVersion, minorOf(startedWith.program.version));
}

/** What is under way by an operator's order; null without one for what this node runs. */
export function orderRemark(accepted: Accepted | null, current: Pick<CurrentState, 'journal'>): Reason | null {
  const wanted = memberStateOf(accepted)?.etcd ?? null;
  const order = orderOf(wanted);
  if (order === null || wanted?.incarnation !== current.journal.startedWith?.incarnation) return null;
  return areNeighbours(order.from, order.minor) ? reason('minor_ordered', { ...order }) : null;
}

/** The record of the incarnation in which etcd was last started, if the disk lacks or contradicts it; otherwise null. */
export function recordDue(
  current: Facts & Pick<CurrentState, 'etcdFingerprint' | 'dataDirs'>,
): { readonly incarnation: string; readonly record: VersionRecord } | null {
  const { journal, etcdVersion, etcdFingerprint, versionRecords, dataDirs } = current;
  const incarnation = journal.startedWith?.incarnation;
  // Without its data nothing is started, and the folder may belong to another disk.
  if (incarnation === undefined || dataDirs[incarnation] === undefined) return null;
  const before = versionRecords[incarnation] ?? null;
  const minor = runningMinor(incarnation, current) ?? before?.minor ?? null;
  if (minor === null) return null;
  const kept = before?.minor === minor ? before.fingerprint : null;
  const fingerprint = etcdVersion !== null && isOfMinor(etcdVersion, minor) ? etcdFingerprint : kept;
  return before?.minor === minor && before.fingerprint === fingerprint
    ? null
    : { incarnation, record: { minor, fingerprint } };
}

/** From etcd itself: another binary may have replaced the one that runs. */
function runningMinor(incarnation: string, { journal, service, etcd }: Omit<Facts, 'etcdVersion' | 'versionRecords'>) {
  if (service.kind !== 'running' || journal.startedWith?.incarnation !== incarnation) return null;
  return etcd === null || etcd.version === '' ? null : minorOf(etcd.version);
}

function hasBegun(incarnation: string, { journal }: Pick<Facts, 'journal'>): boolean {
  return (journal.incarnations[incarnation] ?? 'making') !== 'making';
}
