import { isOfMinor, minorOf } from '@picket/shared/etcd-version.ts';
import type { EtcdWanted } from '@picket/shared/protocol/desired-state.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import type { VersionRecord } from '../host/version-record.ts';
import { type Accepted, type CurrentState, isMember } from './model.ts';

/** The installed etcd, and the minor version that a life runs instead (R17). */
export interface OtherVersion {
  readonly minor: string;
  readonly installed: string;
  /** The life has not begun: the minor version is that of its cluster. */
  readonly begins: boolean;
}

type Facts = Pick<CurrentState, 'journal' | 'service' | 'etcd' | 'etcdVersion' | 'versionRecords'>;

/** What this node runs, or is to run: the life that is wanted, else the one that etcd was last started in. */
export function lifeInQuestion(accepted: Accepted | null, { journal }: Pick<Facts, 'journal'>): string | null {
  const wanted = accepted !== null && isMember(accepted) ? accepted.document.etcd : null;
  return wanted?.incarnation ?? journal.startedWith?.incarnation ?? null;
}

/**
 * The minor version that a life is started with: what it runs by etcd's own word, else what is recorded of it, else what its
 * cluster runs. null: nothing is known of any, as of a founder that has not begun.
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

/** Why the next start of this life would be one of another minor version; null if it would not. */
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
  if (life === null) return null;
  return otherVersion(life, current, accepted !== null && isMember(accepted) ? accepted.document.etcd : null);
}

/** Whether etcd is down, where the guard may stand in its place. */
export function isDown({ service }: Pick<CurrentState, 'service'>): boolean {
  return service.kind !== 'running' || service.guarding === true;
}

/** What an operator has to do, as something that is waited for. @param remedy the command that does it */
export function versionWait({ minor, installed, begins }: OtherVersion, remedy: string | null): Reason {
  return reason('minor_to_install', { minor, installed, remedy, begins });
}

/** The same while etcd runs: nothing is lost yet. */
export function versionRemark({ minor, installed }: OtherVersion, remedy: string | null): Reason {
  return reason('minor_would_change', { minor, installed, remedy });
}

/** The record of the life that etcd was last started in, where what is on the disk is not it; null where it is. */
export function recordDue(
  current: Facts & Pick<CurrentState, 'etcdFingerprint' | 'dataDirs'>,
): { readonly life: string; readonly record: VersionRecord } | null {
  const { journal, etcdVersion, etcdFingerprint, versionRecords, dataDirs } = current;
  const life = journal.startedWith?.incarnation;
  // Without its data nothing is to be started, and the folder may be that of another disk.
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

/** By what etcd itself says: another binary may lie in the place of the one that runs. */
function runningMinor(life: string, { journal, service, etcd }: Omit<Facts, 'etcdVersion' | 'versionRecords'>) {
  if (service.kind !== 'running' || journal.startedWith?.incarnation !== life) return null;
  return etcd === null || etcd.version === '' ? null : minorOf(etcd.version);
}

function hasBegun(life: string, { journal }: Pick<Facts, 'journal'>): boolean {
  return (journal.incarnations[life] ?? 'making') !== 'making';
}
