import type { ClusterState, MemberPhase, RolloutView } from '../protocol/clusters.ts';
import type { Severity } from '../protocol/notifications.ts';
import type { NodeStatus } from '../protocol/report.ts';
import type { AnyReason, Reason, ReasonCode } from '../reasons/reason.ts';

/** A kind of problem: the one entry that says how each part of Picket sees it. */
export interface ProblemKind {
  readonly subject: 'cluster' | 'member' | 'node' | 'coordinator' | 'operator';
  readonly severity: Severity;
  /** How long it must last before anybody is notified. */
  readonly afterMinutes: number;
  /** What a notification calls it. */
  readonly title: string;
  /** The page that helps, in docs/how-to and without `.md`. */
  readonly page: string;
  /** The state of a cluster that is this problem; with `shownBy`, only if the headline has one of these codes. */
  readonly state?: ClusterState;
  /** The notices of the status that say that there is this problem. */
  readonly shownBy?: readonly ReasonCode[];
  /** Whether such a notice says it in this case; left out: always. */
  readonly proves?: (notice: Reason) => boolean;
  /** Whether a cluster, a member, a client, or the coordinator has it, and why; null: it has not. */
  readonly ofCluster?: (cluster: ClusterView) => Reason | null;
  readonly ofMember?: (member: MemberView) => Reason | null;
  readonly ofClient?: (client: ClientView) => Reason | null;
  readonly ofCoordinator?: (own: OwnSituation, now: number) => Reason | null;
}

/** What the coordinator knows of a cluster. */
export interface ClusterView {
  readonly rollout: { readonly state: RolloutView['state']; readonly reason: AnyReason | null } | null;
}

interface Named {
  readonly cluster: string;
  readonly name: string;
}

/** What the coordinator knows of a member. */
export interface MemberView extends Named {
  readonly phase: MemberPhase;
  /** The desired state that was published to its node. */
  readonly generation: number;
  /** Why its reports do not count; null if they count. */
  readonly uncounted: AnyReason | null;
  /** Its last report; null unless that is recent and counts. */
  readonly status: NodeStatus | null;
}

/** What the coordinator knows of a client. */
export interface ClientView extends Named {
  /** Milliseconds; null if it has never reported. */
  readonly silentMs: number | null;
}

/** What the coordinator knows of itself. */
export interface OwnSituation {
  readonly clusters: number;
  /** Milliseconds since the epoch; null if none is known. */
  readonly lastBackupAt: number | null;
  /** Of the disk with the store; null if it cannot be read. */
  readonly freeBytes: number | null;
}
