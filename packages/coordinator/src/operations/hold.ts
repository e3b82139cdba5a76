import { failure } from '@picket/shared/errors.ts';
import { defaultHold } from '@picket/shared/holds/default-length.ts';
import { isoTime } from '@picket/shared/iso-time.ts';
import { longestHold } from '@picket/shared/protocol/longest-hold.ts';
import { nextStep } from '@picket/shared/reasons/next-step.ts';
import type { Place } from '@picket/shared/reasons/next-steps.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { secretProblem } from '@picket/shared/secrets.ts';
import { judgeDisruption } from '../controller/judge-disruption.ts';
import { changedHold, type HeldPermit, heldNow, heldUntil, isHoldOver } from '../model/held.ts';
import { type Operation, type OperationSituation, taking } from './operation.ts';
import { requireOrderable } from './require-orderable.ts';

export interface HoldOrder {
  readonly by: string;
  readonly why: string | null;
  /** From now; null if it was not said. */
  readonly seconds: number | null;
  /** Whether its agent stops etcd at once. */
  readonly stop: boolean;
  /** Where it was ordered. */
  readonly place: Place;
}

/**
 * Holds a member for maintenance of its machine: a permit, if one can be granted now (R2). If the member is held already, its
 * hold ends at another time if one is said, and the permit stays the same. Throws what {@link requireOrderable} does, and `disruption_refused`;
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
      if (held !== null && order.seconds === null) {
        const advice = reason('say_how_long', { cluster: spec.name, place, member });
        throw refused(heldNow(held, held.hold), advice);
      }
      const seconds = order.seconds ?? defaultHold;
      const isChange = held !== null && (held.hold.stop || !order.stop);
      const change = { ...order, seconds };
      const why = isChange ? judgeChange(situation, held, change) : judgeDisruption(situation, member);
      if (why !== null) throw refused(why, nextStep(why, { cluster: spec.name, place }));
      if (!isChange) return taking(situation, { kind: 'grant-hold', member, ...change });
      const until = heldUntil({ ...held, hold: changedHold(held, change, now) });
      return taking(situation, { kind: 'change-hold', member, by: order.by, why: order.why, seconds, until });

      function refused(why: Reason, advice: Reason) {
        return failure('disruption_refused', { cluster: spec.name, member, act: 'hold', reason: why, advice });
      }
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
  order: Omit<HoldOrder, 'place'> & { readonly seconds: number },
): Reason | null {
  const { member, issuedAt, hold } = held;
  if (progress.members[member]?.leaving !== undefined) return reason('held_member_leaves');
  const { earlier = 0 } = hold;
  if (changedHold(held, order, now).seconds + earlier <= longestHold) return null;
  const until = isoTime(issuedAt + (longestHold - earlier) * 1000);
  return reason('hold_would_last_too_long', { member, until });
}
