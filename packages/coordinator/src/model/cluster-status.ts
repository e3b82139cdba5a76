import type { Epoch } from '@picket/shared/protocol/epoch.ts';
import type { Architecture } from '@picket/shared/protocol/releases.ts';
import type { NodeStatus } from '@picket/shared/protocol/report.ts';
import type { Reason } from '@picket/shared/reasons/reason.ts';
import type { Claim } from './claims.ts';
import type { Instant } from './instant.ts';

export interface ClusterStatus {
  /** What nodes report, by member name; a declared member that has not joined has no entry. */
  readonly nodes: Readonly<Record<string, NodeObservation>>;
  /** The same for client nodes, by their names. Client nodes never affect the state of the cluster or its next step. */
  readonly clients: Readonly<Record<string, NodeObservation>>;
}

/** A node with the name of its member or client. */
export interface NamedNode {
  readonly name: string;
  readonly nodeId: string;
}

/** Which node each member is, by its name. */
export interface KnownNodes {
  readonly nodes: Readonly<Record<string, Pick<NodeObservation, 'nodeId'>>>;
}

export interface NodeObservation {
  readonly nodeId: string;
  /** Earlier joins have lower numbers; the founder is chosen in this order (R1). */
  readonly joinOrder: number;
  /** The inventory's own ID and the generation last published to this node: a node cannot know a higher one (R5). */
  readonly inventory: string;
  readonly generation: number;
  /** Of the store, since its last restore. */
  readonly epoch?: Epoch;
  /** Why this node's reports do not count yet; then there is no status. */
  readonly uncounted?: Reason;
  /** What it claims beyond that, whether counted or not; omitted if it claims nothing of the kind. */
  readonly claim?: Claim;
  /** Its last report, if that does not count because of its claim; only for `safety`. */
  readonly setAside?: SetAside;
  readonly receivedAt: Instant | null;
  /** When it was received at the latest; omitted if that is `receivedAt`, as it is unless a clock was set, or since a start. */
  readonly heardAt?: Instant;
  /** Until then its agent may not have had the time to report since a start, or since a clock was set; omitted if it has. */
  readonly unsureUntil?: Instant;
  /** True if that was before the coordinator's start: no clock tells how long ago. */
  readonly isStored?: boolean;
  /**
   * Since when consecutive reports have shown etcd healthy, without a restart or an end of maintenance; null while they
   * do not.
   */
  readonly healthySince: Instant | null;
  /** Since when consecutive reports have not shown etcd healthy; null while they do. */
  readonly unhealthySince: Instant | null;
  readonly status: NodeStatus | null;
  /** The architecture that its machine reported when it joined; omitted if etcd does not support that one. */
  readonly architecture?: Architecture;
  /** True if the release store has an etcdutl for it. */
  readonly hasStoredTool?: boolean;
}

/** A node's reports while they do not count. */
export interface SetAside {
  readonly receivedAt: Instant;
  readonly heardAt?: Instant;
  readonly unsureUntil?: Instant;
  readonly status: NodeStatus;
}
