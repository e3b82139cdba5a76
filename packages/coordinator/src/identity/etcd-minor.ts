import { failure } from '@picket/shared/errors.ts';
import { isOfMinor, minorOf } from '@picket/shared/etcd-version.ts';
import type { NodeStatus } from '@picket/shared/protocol/report.ts';

export interface KnownMember {
  /** The version that it had when it joined; null if it had none. */
  readonly joinedWith: string | null;
  /** In its last report, if there is one. */
  readonly status: Pick<NodeStatus, 'service' | 'etcd'> | null;
}

/**
 * Throws `etcd_minor_differs` for a newcomer whose etcd is of another minor version than the cluster: what its members
 * run or, before any of them runs, what they have installed. The first to join may have any version. Pure.
 *
 * @param recorded what the cluster is known to run; null before that is known
 */
export function requireMinor(
  cluster: string,
  recorded: string | null,
  members: readonly KnownMember[],
  version: string,
): void {
  const refuse = (runs: string, minor: string) => failure('etcd_minor_differs', { cluster, version, runs, minor });
  if (recorded !== null) {
    if (isOfMinor(version, recorded)) return;
    throw refuse(recorded, recorded);
  }
  const run = members.flatMap(({ status }) => status?.etcd?.version || []);
  const installed = members.flatMap(({ joinedWith, status }) => status?.service.etcdVersion ?? joinedWith ?? []);
  const versions = run.length > 0 ? run : installed;
  if (versions.length === 0 || versions.some((one) => minorOf(one) === minorOf(version))) return;
  const wanted = [...new Set(versions)].sort();
  throw refuse(wanted.join(' and '), minorOf(wanted[0] ?? ''));
}
