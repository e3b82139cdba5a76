import type { MemberState } from '@picket/shared/protocol/desired-state.ts';
import type { KnownNodes } from './cluster-status.ts';
import type { FreshNames } from './fresh-names.ts';
import type { Instant } from './instant.ts';
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
  Pick<MemberState, 'retired' | 'membershipStep' | 'permit' | 'snapshot' | 'maintenance' | 'watchMembers'>
>;

/** The change of the progress by a step of this kind. */
export type Apply<Kind extends Step['kind']> = (
  progress: ClusterProgress,
  step: Extract<Step, { readonly kind: Kind }>,
  moment: Moment,
) => Partial<ClusterProgress>;

/**
 * One capability of the controller. All of it is pure. Each hook returns the change of the concern's own part of the
 * progress; a hook without a change is `unchanged`. The empty part is beside its type in the model.
 */
export interface Concern<Name extends ConcernName> {
  /** What it says about the next step, by name; `concerns.ts` has the order. */
  readonly decide: Readonly<Record<string, (situation: Situation) => Opinion>>;
  readonly apply: { readonly [Kind in StepOf<Name>['kind']]: Apply<Kind> };
  readonly orders: (progress: ClusterProgress, member: string) => Orders;
  /** The cluster freezes: nothing more is ordered, and earlier orders may still be carried out (R5). */
  readonly onFreeze: (part: PartOf<Name>, now: Instant) => Partial<PartOf<Name>>;
  /**
   * The wall clock was set. Add `shift` to every instant from which a wait counts, but not to instants that people see.
   */
  readonly onClockStep: (part: PartOf<Name>, shift: (at: Instant) => Instant) => Partial<PartOf<Name>>;
  /** The coordinator has just started: what began may have begun at any time before. */
  readonly onStart: (part: PartOf<Name>, now: Instant) => Partial<PartOf<Name>>;
  /** The store was restored from a backup: what was in progress is not known (R5). */
  readonly onTakeOver: (part: PartOf<Name>) => Partial<PartOf<Name>>;
  /** Every life so far is over, and another formation begins. */
  readonly onReset: (part: PartOf<Name>, status: KnownNodes) => Partial<PartOf<Name>>;
}

export const unchanged = () => ({});
