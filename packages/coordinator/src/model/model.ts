import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';
import type { Epoch } from '@picket/shared/protocol/epoch.ts';
import type { Architecture } from '@picket/shared/protocol/releases.ts';
import type { ListedMember, NodeStatus } from '@picket/shared/protocol/report.ts';
import type { Reason } from '@picket/shared/reasons/reason.ts';
import type { Claim, Followed, Quarantine, SetAside } from './claims.ts';
import type { Instant } from './instant.ts';
import { noSnapshots, type RestoreSource, type SnapshotProgress } from './snapshot-model.ts';
import { noUpkeep, type UpkeepProgress, type UpkeepTask } from './upkeep-model.ts';

export type { Instant } from './instant.ts';

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
  /** Since when reports in a row have shown etcd healthy, without a restart or an end of upkeep; null while they do not. */
  readonly healthySince: Instant | null;
  /** Since when reports in a row have not shown etcd healthy; null while they do. */
  readonly ailingSince: Instant | null;
  readonly status: NodeStatus | null;
  /** Of its machine, as it said when it joined; left out where etcd does not support that one. */
  readonly architecture?: Architecture;
  /** The release store has an etcdutl for it. */
  readonly hasStoredTool?: boolean;
}

/** One life of a member, from an empty data dir on. */
export interface MemberProgress {
  readonly incarnation: string;
  readonly phase: 'founding' | 'adding' | 'learner' | 'voter';
  readonly memberId: string | null;
  /** When the phase began, or for a learner when it last began to lag. */
  readonly since: Instant;
  /** Of a learner: it has started and follows the leader. */
  readonly caughtUp: boolean;
  /** Of a learner: it had caught up before, and then lagged. */
  readonly lagged?: true;
  /** Of a learner: when its promotion was first asked for. */
  readonly promotionSince?: Instant;
  /** Since when it is known that this learner can become no voter, and must begin anew; null while it is not. */
  readonly unfitSince: Instant | null;
  /** Why; a coordinator of before kept this of none. */
  readonly unfitReason?: Reason;
  /** By an operator's word it is to end: etcd is asked to remove it as soon as it may go. */
  readonly leaving?: Leaving;
}

/** Why a life is to end (R3). */
export interface Leaving {
  readonly reason: Reason;
  /** Also one of two voters. */
  readonly force: boolean;
  /** The node that is this member now is another than the one that lives it: there it must never begin (R4). */
  readonly machineGone: boolean;
  /** Of the machine that is gone: its node. Left out where that is not known, and by a coordinator of before. */
  readonly nodeId?: string;
  /** An operator has said that the data of this life is lost (R16). */
  readonly lost?: true;
  /** A voter was asked to remove it: etcd may have done so before any list shows that. */
  readonly asked?: true;
  /** No operator has said so: it ends as a learner alone, and a voter is taken out only by such a word. */
  readonly learnerOnly?: true;
}

export interface Formation {
  readonly member: string;
  readonly incarnation: string;
  /** initial-cluster-token, with a random nonce: a second formation can never be the same cluster (R1). */
  readonly token: string;
  readonly releasedAt: Instant;
  /** Only from a member that has a leader and has served a linearizable read (R1). */
  readonly clusterId: string | null;
  /** Left out where it began empty. */
  readonly from?: RestoreSource;
}

/** What of a spec stands in conf.yml and is released member by member. */
export interface Configuration {
  /** The revision of the spec that it was first wanted in. */
  readonly revision: number;
  readonly tuning: ClusterSpec['tuning'];
  readonly metricsPort: number;
}

/** How far the configuration has been released (R6). */
export interface ConfigurationProgress {
  /** What all members had when the last rollout ended; what newcomers get. null before a cluster is recorded. */
  readonly settled: Configuration | null;
  /** Of members that have, or are about to get, another one than that. */
  readonly released: Readonly<Record<string, Configuration>>;
  /** The member that is to show that it can run with what it was given; `before` is what it had. */
  readonly trial: { readonly member: string; readonly before: Configuration; readonly since: Instant } | null;
  /** A configuration that a member could not run with: it goes to nobody before an operator has spoken. */
  readonly stopped: {
    readonly configuration: Configuration;
    readonly member: string;
    readonly reason: Reason;
    readonly at: Instant;
  } | null;
  /** By an operator's word no further member is given anything new. */
  readonly paused: boolean;
}

export const noConfiguration: ConfigurationProgress = {
  settled: null,
  released: {},
  trial: null,
  stopped: null,
  paused: false,
};

export type Mutation =
  | { readonly kind: 'add-learner'; readonly member: string; readonly peerUrl: string }
  | { readonly kind: 'promote'; readonly member: string; readonly memberId: string }
  | { readonly kind: 'remove-learner'; readonly member: string; readonly memberId: string; readonly reason: Reason }
  | ({ readonly kind: 'remove-voter'; readonly member: string; readonly memberId: string } & Pick<
      Leaving,
      'reason' | 'force'
    >);

/** A mutation of etcd's membership that the agent of a healthy voter has been asked to make. */
export interface Assignment {
  readonly id: string;
  readonly mutation: Mutation;
  readonly executor: string;
  readonly issuedAt: Instant;
  /** When this mutation was first asked for; kept while it is only given out anew. */
  readonly since: Instant;
}

/** One that is no longer asked for, and that its executor may make as long as its lease holds (R3). */
export interface WithdrawnMutation {
  readonly mutation: Exclude<Mutation, { readonly kind: 'add-learner' }>;
  readonly at: Instant;
}

export interface PermitProgress {
  readonly id: string;
  readonly member: string;
  readonly issuedAt: Instant;
  /** From here on it is no longer handed out; it may still be acted on for its validity, or until its holder hears of that (R2). */
  readonly withdrawnAt: Instant | null;
  /** Published to its holder when it was withdrawn; left out where that is not known. */
  readonly generation?: number;
  /** Left out where it is leave to restart. */
  readonly defragment?: { readonly compactFirst: boolean };
}

/** A life that is over: its etcd may be stopped. */
export interface RetiredLife {
  readonly member: string;
  readonly incarnation: string;
  /** The node that has lived it. Left out where that is not known, and by a coordinator of before. */
  readonly nodeId?: string;
  /** Only its node's word says that it was lived: another coordinator gave it (see `retire-life.ts`). */
  readonly unknown?: true;
}

/** What the coordinator has set going. Written only by the executor that publishes a step. */
export interface ClusterProgress {
  readonly formation: Formation | null;
  /** Counts formations, the abandoned ones too. */
  readonly formations: number;
  readonly members: Readonly<Record<string, MemberProgress>>;
  /** Incarnations whose etcd may be stopped, by the member that had them. */
  readonly retired: readonly RetiredLife[];
  /** Member ids that are out: an older list that still shows them is not believed. */
  readonly gone: readonly string[];
  /** Coordinators before 0.2 kept one raft index for the lists of all voters; it is that of those not named below. */
  readonly recordedIndex: number;
  /**
   * By etcd's member ID: which raft index a voter had applied when its list was last one of those that were believed, at
   * most the second highest among them. An older list of that voter is not believed. Any two majorities share a voter, so
   * no majority has an older list only.
   */
  readonly listedAsOf?: Readonly<Record<string, number>>;
  readonly assignment: Assignment | null;
  /** Left out where there never was one. */
  readonly withdrawn?: readonly WithdrawnMutation[];
  readonly permit: PermitProgress | null;
  /** A promotion has been asked for since the founding: from here on the formation cannot be abandoned (R1). */
  readonly secondVoterPossible: boolean;
  /** Learners that stalled and were removed, by member: they wait before they may enter again. */
  readonly stalls: Readonly<Record<string, { readonly at: Instant; readonly count: number; readonly reason: Reason }>>;
  /** When a member's last permit lapsed without being confirmed. */
  readonly lapses: Readonly<Record<string, Instant>>;
  readonly configuration: ConfigurationProgress;
  readonly frozen: Reason | null;
  /** What a seal has proven that this store does not know: it stays frozen until it has another epoch (R5). */
  readonly overtakenBy?: Followed & { readonly nodeId: string };
  /** Nodes that are frozen alone. Left out where there never was one. */
  readonly quarantined?: readonly Quarantine[];
  readonly snapshots: SnapshotProgress;
  readonly upkeep: UpkeepProgress;
  /** Voters that etcd lists and nobody declared, as it listed them last; a coordinator of before noted none. */
  readonly undeclared?: readonly ListedMember[];
  /** The minor version of etcd that the voters run, such as `3.5` (R17); null before it is known. */
  readonly etcdMinor: string | null;
  /** What the next founder begins from, by an operator's word; null: from nothing. */
  readonly restore: RestoreSource | null;
}

export const emptyProgress: ClusterProgress = {
  formation: null,
  formations: 0,
  members: {},
  retired: [],
  gone: [],
  recordedIndex: 0,
  assignment: null,
  permit: null,
  secondVoterPossible: false,
  stalls: {},
  lapses: {},
  configuration: noConfiguration,
  frozen: null,
  snapshots: noSnapshots,
  upkeep: noUpkeep,
  etcdMinor: null,
  restore: null,
};

/** By etcd's member ID: the raft index that a voter had applied when it showed the list that this step is taken from. */
export type AppliedIndices = Readonly<Record<string, number>>;

/**
 * One mutation of progress. Only `found`, `assign`, `grant-permit`, `assign-snapshot`, `release-configuration`,
 * `put-back-configuration`, `assign-upkeep` and `grant-defragmentation` set anything going on a node.
 */
export type Step =
  | { readonly kind: 'found'; readonly member: string }
  | {
      readonly kind: 'record-cluster';
      readonly member: string;
      readonly clusterId: string;
      readonly memberId: string;
      readonly asOf: AppliedIndices;
      readonly configuration: Configuration;
      /** What the founder runs; null where that cannot be told. */
      readonly etcdMinor: string | null;
    }
  | { readonly kind: 'record-version'; readonly minor: string }
  | { readonly kind: 'assign'; readonly mutation: Mutation; readonly executor: string }
  | { readonly kind: 'withdraw-assignment'; readonly mutation: Mutation; readonly reason: Reason }
  /** What was withdrawn can no longer be made. */
  | { readonly kind: 'forget-assignment'; readonly mutation: WithdrawnMutation['mutation'] }
  | { readonly kind: 'record-unfit'; readonly member: string; readonly reason: Reason }
  | {
      readonly kind: 'record-learner';
      readonly member: string;
      readonly memberId: string;
      readonly asOf: AppliedIndices;
    }
  | { readonly kind: 'record-caught-up'; readonly member: string }
  | { readonly kind: 'record-lagging'; readonly member: string }
  | { readonly kind: 'record-voter'; readonly member: string; readonly asOf: AppliedIndices }
  | { readonly kind: 'record-undeclared'; readonly members: readonly ListedMember[] }
  | {
      readonly kind: 'record-removed';
      readonly member: string;
      readonly memberId: string;
      readonly reason: Reason;
      readonly asOf: AppliedIndices;
      /** The node that has lived it; null where it is not known. */
      readonly nodeId: string | null;
    }
  | { readonly kind: 'forget-lives'; readonly lives: readonly RetiredLife[] }
  | { readonly kind: 'retire-life'; readonly member: string; readonly incarnation: string; readonly nodeId: string }
  | { readonly kind: 'grant-permit'; readonly member: string }
  | {
      readonly kind: 'withdraw-permit';
      readonly member: string;
      readonly reason: Reason;
      /** Published to the holder until now. */
      readonly generation?: number;
    }
  | { readonly kind: 'close-permit'; readonly member: string; readonly outcome: 'confirmed' | 'lapsed' }
  | { readonly kind: 'assign-snapshot'; readonly executor: string; readonly why: Reason }
  | { readonly kind: 'withdraw-snapshot'; readonly reason: Reason }
  | { readonly kind: 'record-snapshot'; readonly id: string; readonly takenAt: Instant }
  | { readonly kind: 'release-configuration'; readonly member: string; readonly configuration: Configuration }
  | { readonly kind: 'confirm-configuration'; readonly member: string }
  | { readonly kind: 'put-back-configuration'; readonly member: string; readonly reason: Reason }
  | { readonly kind: 'settle-configuration'; readonly configuration: Configuration }
  | { readonly kind: 'record-no-space'; readonly members: readonly string[] }
  | {
      readonly kind: 'assign-upkeep';
      readonly task: UpkeepTask['kind'];
      readonly executor: string;
      readonly revision: number;
    }
  | { readonly kind: 'withdraw-upkeep'; readonly reason: Reason }
  | { readonly kind: 'record-compaction'; readonly member: string; readonly revision: number; readonly reason: Reason }
  | {
      readonly kind: 'grant-defragmentation';
      readonly member: string;
      readonly compactFirst: boolean;
      readonly why: Reason;
    }
  | {
      readonly kind: 'record-defragmentation';
      readonly member: string;
      readonly outcome: 'done' | 'failed';
      readonly reason: Reason;
    }
  /** `by`: who has taken the alarm back; null where it was somebody else. */
  | { readonly kind: 'record-space'; readonly by: string | null }
  | { readonly kind: 'freeze'; readonly reason: Reason; readonly by?: Followed & { readonly nodeId: string } }
  | {
      readonly kind: 'quarantine';
      readonly nodeId: string;
      readonly name: string;
      readonly reason: Reason;
      /** It reports another cluster ID. */
      readonly foreign?: true;
    }
  | { readonly kind: 'end-quarantine'; readonly nodeId: string; readonly name: string; readonly reason: Reason };

/** The next step, or none; and what is waited for. */
export interface Decision {
  readonly step: Step | null;
  readonly waits: readonly Reason[];
}

export interface Situation {
  readonly spec: ClusterSpec;
  readonly status: ClusterStatus;
  readonly progress: ClusterProgress;
  readonly now: Instant;
}

/** A concern's word: a step, or what it waits for; `blocks` keeps the concerns after it from acting. */
export interface Opinion extends Decision {
  readonly blocks: boolean;
}

export const agreed: Opinion = { step: null, waits: [], blocks: false };

export function act(step: Step): Opinion {
  return { step, waits: [], blocks: true };
}

export function hold(...waits: readonly Reason[]): Opinion {
  return { step: null, waits, blocks: true };
}

export function remark(...waits: readonly Reason[]): Opinion {
  return { step: null, waits, blocks: false };
}
