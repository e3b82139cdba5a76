import { failure } from '@picket/shared/errors.ts';
import { nextStep } from '@picket/shared/reasons/next-step.ts';
import type { Place } from '@picket/shared/reasons/next-steps.ts';
import { secretProblem } from '@picket/shared/secrets.ts';
import { judgeDisruption } from '../controller/judge-disruption.ts';
import { type Operation, taking } from './operation.ts';
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
 * Holds a member for maintenance of its machine: a permit, if one can be granted now (R2). Throws what
 * {@link requireOrderable} does, and `disruption_refused`; throws `invalid_request` for a reason with a secret in it (R11).
 */
export function hold(member: string, { place, ...order }: HoldOrder): Operation {
  const problem = order.why === null ? null : secretProblem(order.why);
  if (problem !== null) throw failure('invalid_request', { problem: `its reason ${problem}` });
  return {
    decide(situation) {
      const { spec } = situation;
      requireOrderable(situation, member);
      const why = judgeDisruption(situation, member);
      if (why !== null) {
        const advice = nextStep(why, { cluster: spec.name, place });
        throw failure('disruption_refused', { cluster: spec.name, member, act: 'hold', reason: why, advice });
      }
      return taking(situation, { kind: 'grant-hold', member, ...order });
    },
  };
}
