import type { MemberState } from '@picket/shared/protocol/desired-state.ts';
import type { Reason } from '@picket/shared/reasons/reason.ts';
import type { KnownNodes } from './cluster-status.ts';
import type { FreshNames } from './fresh-names.ts';
import type { Instant } from './instant.ts';
import type { InstantsIn } from './instants-in.ts';
import type { Opinion } from './opinion.ts';
import type { ClusterProgress, ConcernName, PartOf, Step, StepOf } from './progress.ts';
import type { Situation } from './situation.ts';

/** When a step is taken, in which cluster, and the names for what it begins. */
export interface Moment {
  readonly now: Instant;
  readonly cluster: string;
  readonly fresh: FreshNames;
}

/** The order for the node of a member. */
export type Orders = Partial<
  Pick<
    MemberState,
    | 'retired'
    | 'membershipStep'
    | 'permit'
    | 'snapshot'
    | 'maintenance'
    | 'watchMembers'
    | 'watchRaftSnapshots'
    | 'watchPackage'
  >
>;

/** The change of the progress by a step of this kind. */
export type Apply<Kind extends Step['kind']> = (
  progress: ClusterProgress,
  step: Extract<Step, { readonly kind: Kind }>,
  moment: Moment,
) => Partial<ClusterProgress>;

/** Hooks of a concern: each returns the change of its own part. Left out: it changes nothing. */
interface Hooks<Part> {
  /** What the node of this member is asked to do. */
  readonly orders?: (progress: ClusterProgress, member: string) => Orders;
  /** What is under way, so that an order of an operator must not begin beside it (R2, R3); null if nothing. */
  readonly busy?: (situation: Situation) => Reason | null;
  /** What the audit log compares of the progress before and after an order of an operator. */
  readonly audited?: (progress: ClusterProgress) => Readonly<Record<string, unknown>>;
  /** The cluster freezes: nothing more is ordered, and earlier orders may still be carried out (R5). */
  readonly onFreeze?: (part: Part, now: Instant) => Partial<Part>;
  /** The coordinator has just started: what began may have begun at any time before. */
  readonly onStart?: (part: Part, now: Instant) => Partial<Part>;
  /** The store was restored from a backup: what was in progress is not known (R5). */
  readonly onTakeOver?: (part: Part) => Partial<Part>;
  /** Every incarnation so far is over, and another formation begins. */
  readonly onReset?: (part: Part, status: KnownNodes) => Partial<Part>;
}

/** Where its part has instants; a part without an instant has no such list. */
type Listed<Part> = [InstantsIn<Part>] extends [never]
  ? { readonly instants?: never }
  : { readonly instants: InstantsIn<Part> };

/** One capability of the controller. All of it is pure. The empty part is beside its type in the model. */
export type Concern<Name extends ConcernName> = Hooks<PartOf<Name>> &
  Listed<PartOf<Name>> & {
    /** What it says about the next step, by name; `concerns.ts` has the order. */
    readonly decide: Readonly<Record<string, (situation: Situation) => Opinion>>;
    readonly apply: { readonly [Kind in StepOf<Name>['kind']]: Apply<Kind> };
  };
