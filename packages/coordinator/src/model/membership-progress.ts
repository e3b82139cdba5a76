import type { ListedMember } from '@picket/shared/protocol/report.ts';
import type { Reason } from '@picket/shared/reasons/reason.ts';
import type { Instant } from './instant.ts';

/** One incarnation of a member, from an empty data directory on. */
export interface MemberProgress {
  readonly incarnation: string;
  readonly phase: 'founding' | 'adding' | 'learner' | 'voter';
  readonly memberId: string | null;
  /** When the phase began; for a learner, when it last began to lag. */
  readonly since: Instant;
  /** For a learner: it has started and follows the leader. */
  readonly caughtUp: boolean;
  /** For a learner: it had caught up before, and then lagged. */
  readonly lagged?: true;
  /** For a learner: when its promotion was first ordered. */
  readonly promotionSince?: Instant;
  /**
   * Since when, and why, it is known that this learner cannot become a voter and must begin again; null while it is not
   * known.
   */
  readonly unfit: { readonly since: Instant; readonly reason: Reason } | null;
  /** An operator has ordered its end: etcd is asked to remove it as soon as that is safe. */
  readonly leaving?: Leaving;
}

/** Why an incarnation should end (R3). */
export interface Leaving {
  readonly reason: Reason;
  /** Also one of two voters. */
  readonly force: boolean;
  /** The node that is this member now is another than the one that lives it: there it must never begin (R4). */
  readonly machineGone: boolean;
  /** The node of the machine that is gone. Omitted if that is not known. */
  readonly nodeId?: string;
  /** An operator has said that the data of this incarnation is lost (R16). */
  readonly lost?: true;
  /** An operator has said that somebody else controls its machine, whose etcd may go on voting. */
  readonly compromised?: true;
  /** A voter was asked to remove it: etcd may have done so before any list shows it. */
  readonly asked?: true;
  /** It led, and was asked to hand over first. */
  readonly handsOver?: true;
  /** No operator has ordered it: it ends only as a learner, and a voter is removed only by an operator's order. */
  readonly learnerOnly?: true;
}

export type Mutation =
  | { readonly kind: 'add-learner'; readonly member: string; readonly peerUrl: string }
  | { readonly kind: 'promote'; readonly member: string; readonly memberId: string }
  | { readonly kind: 'remove-learner'; readonly member: string; readonly memberId: string; readonly reason: Reason }
  | ({
      readonly kind: 'remove-voter';
      readonly member: string;
      readonly memberId: string;
      /** Its data differs from that of a majority, and the alarm CORRUPT is raised. */
      readonly differs?: true;
    } & Pick<Leaving, 'reason' | 'force'>);

/** A change of etcd's membership that the agent of a healthy voter has been ordered to make. */
export interface Assignment {
  readonly id: string;
  readonly mutation: Mutation;
  readonly executor: string;
  readonly issuedAt: Instant;
  /** When this change was first ordered; kept while the order is repeated. */
  readonly since: Instant;
}

/** One that is no longer ordered, and that its executor may still make while its lease holds (R3). */
export interface WithdrawnMutation {
  readonly mutation: Exclude<Mutation, { readonly kind: 'add-learner' }>;
  readonly at: Instant;
}

/** An incarnation that is over: its etcd may be stopped. */
export interface RetiredIncarnation {
  readonly member: string;
  readonly incarnation: string;
  /** The node that has run it. Omitted if that is not known. */
  readonly nodeId?: string;
  /** Only its node's own word says that it was lived: another coordinator gave it (see `retire-incarnation.ts` and `withFormerIncarnations`). */
  readonly unknown?: true;
}

/** By etcd's member ID: the raft index that a voter had applied when it showed the list on which this step is based. */
export type AppliedIndices = Readonly<Record<string, number>>;

/** Who the members are, and which change of them is in progress (R3). */
export interface MembershipProgress {
  readonly members: Readonly<Record<string, MemberProgress>>;
  /** Incarnations whose etcd may be stopped, by their member. */
  readonly retired: readonly RetiredIncarnation[];
  /** Member IDs that were removed: an older list that still shows them is not accepted. */
  readonly gone: readonly string[];
  /**
   * By etcd's member ID: the raft index that a voter had applied when its list was last accepted, at most the second
   * highest among them. An older list of that voter is not accepted. Any two majorities share a voter, so no majority
   * has only older lists.
   */
  readonly listedAsOf: Readonly<Record<string, number>>;
  readonly assignment: Assignment | null;
  readonly withdrawn: readonly WithdrawnMutation[];
  /** Learners that stalled and were removed, by member: they wait before they may enter again. */
  readonly stalls: Readonly<Record<string, { readonly at: Instant; readonly count: number; readonly reason: Reason }>>;
  /**
   * Members that etcd lists and the spec does not declare, from its latest list; of those without an incarnation, only the
   * voters.
   */
  readonly undeclared: readonly ListedMember[];
  /**
   * Members that operators have taken out of the spec, with their addresses: until etcd has removed each, and its node
   * has put its data away.
   */
  readonly departing: Readonly<Record<string, { readonly address: string }>>;
}

export const noMembers: MembershipProgress = {
  members: {},
  retired: [],
  gone: [],
  listedAsOf: {},
  assignment: null,
  withdrawn: [],
  stalls: {},
  undeclared: [],
  departing: {},
};

export type MemberStep =
  | { readonly kind: 'assign'; readonly mutation: Mutation; readonly executor: string }
  | { readonly kind: 'withdraw-assignment'; readonly mutation: Mutation; readonly reason: Reason }
  /** The withdrawn order can no longer be carried out. */
  | { readonly kind: 'forget-assignment'; readonly mutation: WithdrawnMutation['mutation'] }
  /** It was taken out of the spec before etcd knew it: its incarnation never began. */
  | { readonly kind: 'forget-addition'; readonly member: string }
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
      /** The node that has run it; null if it is not known. */
      readonly nodeId: string | null;
    }
  | { readonly kind: 'forget-incarnations'; readonly incarnations: readonly RetiredIncarnation[] }
  /** A member that operators have taken out of the spec is gone; null if it has no node. */
  | { readonly kind: 'release-node'; readonly member: string; readonly nodeId: string | null }
  | {
      readonly kind: 'retire-incarnation';
      readonly member: string;
      readonly incarnation: string;
      readonly nodeId: string;
    };
