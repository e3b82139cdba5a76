import type { NodeStatus, ReportRequest } from '@picket/shared/protocol/report.ts';

/** The fields that differ from what the coordinator holds; all of them if it holds nothing. */
export function delta(held: NodeStatus | null, status: NodeStatus): ReportRequest['changed'] {
  if (held === null) return status;
  const changed = (Object.keys(status) as (keyof NodeStatus)[]).filter(
    (field) => JSON.stringify(status[field]) !== JSON.stringify(held[field]),
  );
  return Object.fromEntries(changed.map((field) => [field, status[field]]));
}

/**
 * True if a status must be sent at once, and not only when the next report is due. Numbers that always change do not
 * count, nor do the figures of the machine and the log. One exception: after the member list has changed, the
 * coordinator needs a list that was read later than the change. In an idle cluster it would otherwise wait a whole
 * period.
 *
 * @param awaited the raft index at which the last changed list was read; null once a newer list has been reported
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
  // An etcd that waits for its peers keeps logging for as long as that takes.
  const { lastLog: _log, logFacts: _facts, ...service } = others.service;
  const status = { ...others, service };
  if (etcd === null) return JSON.stringify(status);
  const { raftIndex: _index, raftAppliedIndex: _applied, membersAsOf: _asOf, ...unnumbered } = etcd;
  const { dbSizeBytes: _size, dbSizeInUseBytes: _inUse, revision: _revision, ...rest } = unnumbered;
  return JSON.stringify({ ...status, etcd: rest });
}
