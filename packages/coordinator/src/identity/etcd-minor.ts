import { failure } from '@picket/shared/errors.ts';
import { minorOf } from '@picket/shared/etcd-version.ts';
import type { NodeStatus } from '@picket/shared/protocol/report.ts';

export interface KnownMember {
  /** The version that it had when it joined. */
  readonly joinedWith: string;
  /** As it last reported, if it has. */
  readonly status: Pick<NodeStatus, 'service' | 'etcd'> | null;
}

/**
 * Throws `etcd_minor_differs` for a newcomer whose etcd is of another minor version than the cluster: what its members run,
 * or, before any of them does, what they have installed. The first to join may have any. Pure.
 */
export function requireMinor(cluster: string, members: readonly KnownMember[], version: string): void {
  const run = members.flatMap(({ status }) => status?.etcd?.version || []);
  const installed = members.map(({ joinedWith, status }) => status?.service.etcdVersion ?? joinedWith);
  const versions = run.length > 0 ? run : installed;
  if (versions.length === 0 || versions.some((one) => minorOf(one) === minorOf(version))) return;
  const wanted = [...new Set(versions)].sort();
  throw failure('etcd_minor_differs', {
    cluster,
    version,
    runs: wanted.join(' and '),
    minor: minorOf(wanted[0] ?? ''),
  });
}
