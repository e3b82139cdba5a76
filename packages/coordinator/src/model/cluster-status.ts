import type { Epoch } from '@picket/shared/protocol/epoch.ts';
import type { Architecture } from '@picket/shared/protocol/releases.ts';
import type { NodeStatus } from '@picket/shared/protocol/report.ts';
import type { Reason } from '@picket/shared/reasons/reason.ts';
import type { Claim } from './claims.ts';
import type { Instant } from './instant.ts';

export interface ClusterStatus {
  /** What nodes report, by member name; a declared member that has not joined has no entry. */
  readonly nodes: Readonly<Record<string, NodeObservation>>;
  /** The same of client nodes, by their names. None of them counts for what a cluster is or does. */
  readonly clients: Readonly<Record<string, NodeObservation>>;
}

export interface NodeObservation {
  readonly nodeId: string;
  /** Earlier joins have lower numbers: the order in which the founder is sought (R1). */
  readonly joinOrder: number;
  /** The inventory's own id and the generation last published to this node: a node may not know a higher (R5). */
  readonly inventory: string;
  readonly generation: number;
  /** Of the store, since its last restore. */
  readonly epoch?: Epoch;
  /** Why what this node reports does not count yet; then there is no status. */
  readonly uncounted?: Reason;
  /** What it claims beyond that, counted or not; left out where it claims nothing of the kind. */
  readonly claim?: Claim;
  /** What it last reported, where that does not count for what it claims; for `safety` alone. */
  readonly setAside?: SetAside;
  readonly receivedAt: Instant | null;
  /** Since when reports in a row have shown etcd healthy, without a restart or an end of maintenance; null while they do not. */
  readonly healthySince: Instant | null;
  /** Since when reports in a row have not shown etcd healthy; null while they do. */
  readonly unhealthySince: Instant | null;
  readonly status: NodeStatus | null;
  /** Of its machine, as it said when it joined; left out where etcd does not support that one. */
  readonly architecture?: Architecture;
  /** The release store has an etcdutl for it. */
  readonly hasStoredTool?: boolean;
}

/** What a node reports while that does not count. */
export interface SetAside {
  readonly receivedAt: Instant;
  readonly status: NodeStatus;
}
