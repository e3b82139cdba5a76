import type { NodeStatus, ReportRequest } from '@picket/shared/protocol/report.ts';

/** The fields that differ from what the coordinator holds; all of them where it holds nothing. */
export function delta(held: NodeStatus | null, status: NodeStatus): ReportRequest['changed'] {
  if (held === null) return status;
  const changed = (Object.keys(status) as (keyof NodeStatus)[]).filter(
    (field) => JSON.stringify(status[field]) !== JSON.stringify(held[field]),
  );
  return Object.fromEntries(changed.map((field) => [field, status[field]]));
}

/**
 * Whether a status must be told at once, and not only when the next report is due. Numbers that always move do not
 * count, nor do the machine below and the log, with one exception: once the member list has changed, the coordinator
 * needs to hear a list again that is newer than that change, and in an idle cluster it would otherwise wait a whole
 * period for it.
 *
 * @param awaited the raft index that the last list to change was read at; null when a newer list has been reported
 */
export function isUrgent(held: NodeStatus | null, status: NodeStatus, awaited: number | null): boolean {
  if (held === null) return true;
  if (steady(held) !== steady(status)) return true;
  return awaited !== null && status.etcd?.members != null && status.etcd.membersAsOf >= awaited;
}

/** See {@link isUrgent}: what is awaited after this status has been reported. */
export function awaitedIndex(held: NodeStatus | null, reported: NodeStatus, awaited: number | null): number | null {
  const { etcd } = reported;
  if (etcd === null || etcd.members === null) return awaited;
  const changed = JSON.stringify(held?.etcd?.members ?? null) !== JSON.stringify(etcd.members);
  if (changed) return etcd.raftAppliedIndex;
  return awaited !== null && etcd.membersAsOf >= awaited ? null : awaited;
}

function steady({ etcd, machine: _machine, ...others }: NodeStatus): string {
  // An etcd that waits for its peers goes on logging, for as long as that takes.
  const { lastLog: _log, ...service } = others.service;
  const status = { ...others, service };
  if (etcd === null) return JSON.stringify(status);
  const { raftIndex: _index, raftAppliedIndex: _applied, membersAsOf: _asOf, ...unnumbered } = etcd;
  const { dbSizeBytes: _size, dbSizeInUseBytes: _inUse, revision: _revision, ...rest } = unnumbered;
  return JSON.stringify({ ...status, etcd: rest });
}
