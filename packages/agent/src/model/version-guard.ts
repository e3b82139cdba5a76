import { isOfMinor, minorOf } from '@picket/shared/etcd-version.ts';
import type { EtcdWanted } from '@picket/shared/protocol/desired-state.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import type { VersionRecord } from '../host/version-record.ts';
import { type Accepted, type CurrentState, memberStateOf } from './model.ts';

/** The installed etcd, and the minor version that a life runs instead (R17). */
export interface OtherVersion {
  readonly minor: string;
  readonly installed: string;
  /** The life has not begun: the minor version is that of its cluster. */
  readonly begins: boolean;
}

type Facts = Pick<CurrentState, 'journal' | 'service' | 'etcd' | 'etcdVersion' | 'versionRecords'>;

/** What this node runs or should run: the wanted life, or else the one in which etcd was last started. */
export function lifeInQuestion(accepted: Accepted | null, { journal }: Pick<Facts, 'journal'>): string | null {
  return memberStateOf(accepted)?.etcd?.incarnation ?? journal.startedWith?.incarnation ?? null;
}

/**
 * The minor version that a life starts with: first what etcd itself reports, else what is recorded, else what its
 * cluster runs. null if none is known, as for a founder that has not begun.
 */
export function minorOfLife(
  life: string,
  current: Omit<Facts, 'etcdVersion'>,
  wanted: Pick<EtcdWanted, 'minor' | 'incarnation'> | null,
): string | null {
  const told = wanted?.incarnation === life ? (wanted.minor ?? null) : null;
  if (!hasBegun(life, current)) return told;
  return runningMinor(life, current) ?? current.versionRecords[life]?.minor ?? told;
}

/** Why the next start of this life would be of another minor version; null if it would not. */
export function otherVersion(
  life: string,
  current: Facts,
  wanted: Pick<EtcdWanted, 'minor' | 'incarnation'> | null,
): OtherVersion | null {
  const { etcdVersion: installed } = current;
  const minor = minorOfLife(life, current, wanted);
  if (minor === null || installed === null || isOfMinor(installed, minor)) return null;
  return { minor, installed, begins: !hasBegun(life, current) };
}

/** The same for the life in question on this node. */
export function otherVersionHere(accepted: Accepted | null, current: Facts): OtherVersion | null {
  const life = lifeInQuestion(accepted, current);
  return life === null ? null : otherVersion(life, current, memberStateOf(accepted)?.etcd ?? null);
}

/** True if etcd is down or the guard may be running in its place. */
export function isDown({ service }: Pick<CurrentState, 'service'>): boolean {
  return service.kind !== 'running' || service.guarding === true;
}

/** What an operator must do, as a reason to wait. @param remedy the command that does it */
export function versionWait({ minor, installed, begins }: OtherVersion, remedy: string | null): Reason {
  return reason('minor_to_install', { minor, installed, remedy, begins });
}

/** The same while etcd runs: nothing is lost yet. */
export function versionRemark({ minor, installed }: OtherVersion, remedy: string | null): Reason {
  return reason('minor_would_change', { minor, installed, remedy });
}

/** The record of the life in which etcd was last started, if the disk lacks or contradicts it; otherwise null. */
export function recordDue(
  current: Facts & Pick<CurrentState, 'etcdFingerprint' | 'dataDirs'>,
): { readonly life: string; readonly record: VersionRecord } | null {
  const { journal, etcdVersion, etcdFingerprint, versionRecords, dataDirs } = current;
  const life = journal.startedWith?.incarnation;
  // Without its data nothing is started, and the folder may belong to another disk.
  if (life === undefined || dataDirs[life] === undefined) return null;
  const before = versionRecords[life] ?? null;
  const minor = runningMinor(life, current) ?? before?.minor ?? null;
  if (minor === null) return null;
  const kept = before?.minor === minor ? before.fingerprint : null;
  const fingerprint = etcdVersion !== null && isOfMinor(etcdVersion, minor) ? etcdFingerprint : kept;
  return before?.minor === minor && before.fingerprint === fingerprint
    ? null
    : { life, record: { minor, fingerprint } };
}

/** From etcd itself: another binary may have replaced the one that runs. */
function runningMinor(life: string, { journal, service, etcd }: Omit<Facts, 'etcdVersion' | 'versionRecords'>) {
  if (service.kind !== 'running' || journal.startedWith?.incarnation !== life) return null;
  return etcd === null || etcd.version === '' ? null : minorOf(etcd.version);
}

function hasBegun(life: string, { journal }: Pick<Facts, 'journal'>): boolean {
  return (journal.incarnations[life] ?? 'making') !== 'making';
}
