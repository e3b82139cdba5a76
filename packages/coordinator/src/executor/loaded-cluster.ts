import type { Reason } from '@picket/shared/reasons/reason.ts';
import type { ClusterRecord, NodeRecord } from '../inventory/inventory.ts';
import {
  instantsOfConditions,
  instantsOfUnrecorded,
  nothingUnrecorded,
  type OldReport,
  type Unrecorded,
} from '../model/conditions.ts';
import type { Instant } from '../model/instant.ts';
import { withInstants } from '../model/instants-in.ts';
import { clockStepFrom } from '../model/waits.ts';
import type { Unrendered } from './changed-states.ts';
import type { TurnDeps } from './turn-deps.ts';

/** A cluster in the memory of a coordinator: what is stored, its nodes, and what it waits for. */
export interface LoadedCluster {
  record: ClusterRecord;
  nodes: readonly NodeRecord[];
  waits: readonly Reason[];
  /** Nodes that get nothing new, since their desired state cannot be rendered. */
  unrendered: readonly Unrendered[];
  /** True if desired states may differ from the published ones: after a start, a join, a change. */
  unpublished: boolean;
  /** How far the wall clock was ahead of the monotonic one when the instants in the progress were last right. */
  clockOffset: number;
  /** When that was found to have changed, by the monotonic clock. */
  clockSetAt: number;
  /** What nodes report and no event has told. */
  unrecorded: Unrecorded;
}

/** A cluster that was just read from the store; the clock before that is not known. */
export function loadedCluster(deps: TurnDeps, record: ClusterRecord, nodes: readonly NodeRecord[]): LoadedCluster {
  return {
    record: asStored(deps, record),
    nodes,
    waits: [],
    unrendered: [],
    unpublished: nodes.length > 0,
    clockOffset: deps.now() - deps.monotonic(),
    clockSetAt: Number.NEGATIVE_INFINITY,
    unrecorded: { ...nothingUnrecorded, old: oldReports(deps, nodes, {}, 0) },
  };
}

/** A correction after a step of the clock may have been in memory only. */
export function asStored({ decisions, now }: TurnDeps, record: ClusterRecord): ClusterRecord {
  return { ...record, progress: decisions.afterStart(record.progress, now()) };
}

/** For how long this coordinator has run, by one clock, in milliseconds: since its start, or since its clock was set. */
export function runsFor({ monotonic, beganAt }: TurnDeps, { clockSetAt }: Pick<LoadedCluster, 'clockSetAt'>): number {
  return monotonic() - Math.max(beganAt, clockSetAt);
}

/** Setting the wall clock shortens and lengthens no wait. */
export function heedClock(deps: TurnDeps, cluster: LoadedCluster): void {
  const offset = deps.now() - deps.monotonic();
  const byMs = offset - cluster.clockOffset;
  if (Math.abs(byMs) < clockStepFrom) return;
  cluster.clockOffset = offset;
  cluster.clockSetAt = deps.monotonic();
  const { record } = cluster;
  const moved = (at: Instant) => at + byMs;
  const conditions = withInstants(record.conditions, instantsOfConditions, moved);
  cluster.record = { ...record, progress: deps.decisions.afterClockStep(record.progress, byMs), conditions };
  const { old, ...others } = cluster.unrecorded;
  cluster.unrecorded = {
    ...withInstants(others, instantsOfUnrecorded, moved),
    old: oldReports(deps, cluster.nodes, old, byMs),
  };
}

/** The latest report of each node, which says nothing about now; the board hears first that the clock was set. */
function oldReports(
  { statuses }: TurnDeps,
  nodes: readonly NodeRecord[],
  before: Unrecorded['old'],
  byMs: number,
): Unrecorded['old'] {
  return Object.fromEntries(
    nodes.flatMap(({ id }): [string, OldReport][] => {
      const dated = statuses.latest(id)?.receivedAt ?? null;
      if (byMs !== 0) statuses.clockSet(id);
      const receivedAt = statuses.latest(id)?.receivedAt ?? null;
      if (dated === null || receivedAt === null) return [];
      const known = before[id]?.receivedAt === dated ? before[id].at : dated;
      return [[id, { receivedAt, at: known + byMs }]];
    }),
  );
}
