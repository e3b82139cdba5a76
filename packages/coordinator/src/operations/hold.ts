import { failure } from '@picket/shared/errors.ts';
import { longestHold } from '@picket/shared/holds/longest.ts';
import { isoTime } from '@picket/shared/iso-time.ts';
import { nextStep } from '@picket/shared/reasons/next-step.ts';
import type { Place } from '@picket/shared/reasons/next-steps.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { secretProblem } from '@picket/shared/secrets.ts';
import { judgeDisruption } from '../controller/judge-disruption.ts';
import { changedHold, type HeldPermit, heldUntil, isHoldOver } from '../model/held.ts';
import { type Operation, type OperationSituation, taking } from './operation.ts';
import { requireOrderable } from './require-orderable.ts';

export interface HoldOrder {
  readonly by: string;
  readonly why: string | null;
  readonly seconds: number;
  /** Whether its agent stops etcd at once. */
  readonly stop: boolean;
  /** Where it was ordered. */
  readonly place: Place;
}

/**
 * Holds a member for maintenance of its machine: a permit, if one can be granted now (R2). If the member is held already, its
 * hold ends at another time, and the permit stays the same. Throws what {@link requireOrderable} does, and `disruption_refused`;
 * throws `invalid_request` for a reason with a secret in it (R11).
 */
export function hold(member: string, { place, ...order }: HoldOrder): Operation {
  const problem = order.why === null ? null : secretProblem(order.why);
  if (problem !== null) throw failure('invalid_request', { problem: `its reason ${problem}` });
  return {
    decide(situation) {
      const { spec, now } = situation;
      requireOrderable(situation, member);
      const held = holdInForce(situation, member);
      const isChange = held !== null && (held.hold.stop || !order.stop);
      const why = isChange ? judgeChange(situation, held, order) : judgeDisruption(situation, member);
      if (why !== null) {
        const advice = nextStep(why, { cluster: spec.name, place });
        throw failure('disruption_refused', { cluster: spec.name, member, act: 'hold', reason: why, advice });
      }
      if (!isChange) return taking(situation, { kind: 'grant-hold', member, ...order });
      const { by, seconds } = order;
      const until = heldUntil({ ...held, hold: changedHold(held, order, now) });
      return taking(situation, { kind: 'change-hold', member, by, why: order.why, seconds, until });
    },
  };
}

/** The permit of a hold of this member that has not ended, and that nobody has released. */
function holdInForce({ progress: { permit }, now }: OperationSituation, name: string): HeldPermit | null {
  if (permit?.hold === undefined || permit.member !== name || isHoldOver(permit, now)) return null;
  return { ...permit, hold: permit.hold };
}

/** Why the hold of this permit does not get another end; null if it does. */
function judgeChange(
  { progress, now }: OperationSituation,
  held: HeldPermit,
  order: Omit<HoldOrder, 'place'>,
): Reason | null {
  const { member, issuedAt, hold } = held;
  if (progress.members[member]?.leaving !== undefined) return reason('held_member_leaves');
  const { earlier = 0 } = hold;
  if (changedHold(held, order, now).seconds + earlier <= longestHold) return null;
  const until = isoTime(issuedAt + (longestHold - earlier) * 1000);
  return reason('hold_would_last_too_long', { member, until });
}
