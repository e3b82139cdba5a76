import { isDeepStrictEqual } from 'node:util';
import { servesAsVoter } from '@picket/shared/protocol/etcd-health.ts';
import type { EtcdReport, NodeStatus } from '@picket/shared/protocol/report.ts';

/**
 * A report without news is stored this often, in milliseconds. Each commit costs an SD card some 30 kB, however little is in
 * it. If the coordinator is killed, its next run knows only to this time when that was.
 */
export const keptEvery = 60 * 60_000;

/**
 * True if the latest report must be stored at once, since a coordinator that starts with the stored one would not know what
 * has happened. Numbers that move in an idle cluster are no news while etcd is well: they come again with the next report.
 * Without a quorum they no longer move, and a rescue needs the last ones, so then each change is news. While an alarm is
 * raised, every report is, because its time counts. Fields that this function does not name are news. Pure.
 */
export function isNews(stored: NodeStatus, latest: NodeStatus): boolean {
  const { etcd } = latest;
  if (etcd === null || isWell(etcd)) return !isDeepStrictEqual(lasting(stored), lasting(latest));
  return etcd.alarms.length > 0 || !isDeepStrictEqual(withNumbers(stored), withNumbers(latest));
}

/** A learner refuses the reads that a voter must answer. */
function isWell(etcd: EtcdReport): boolean {
  return etcd.alarms.length === 0 && (etcd.isLearner ? etcd.leader !== '0' : servesAsVoter(etcd));
}

function lasting(status: NodeStatus) {
  const { etcd, ...others } = withNumbers(status);
  if (etcd === null) return others;
  const {
    raftIndex: _index,
    raftAppliedIndex: _applied,
    membersAsOf: _asOf,
    dbSizeBytes: _size,
    dbSizeInUseBytes: _inUse,
    revision: _revision,
    raftSnapshotIndex: _snapshot,
    ...rest
  } = etcd;
  return { ...others, etcd: rest };
}

/** Without the figures of the machine, and without the log, which an etcd writes for as long as it waits for its peers. */
function withNumbers({ machine: _machine, service: told, ...others }: NodeStatus) {
  const { lastLog: _log, logFacts: _facts, ...service } = told;
  return { ...others, service };
}
