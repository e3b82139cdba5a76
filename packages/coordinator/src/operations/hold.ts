import { failure } from '@picket/shared/errors.ts';
import { nextStep } from '@picket/shared/reasons/next-step.ts';
import type { Place } from '@picket/shared/reasons/next-steps.ts';
import { judgeDisruption } from '../controller/permits/judge-disruption.ts';
import { declaredMember } from '../desired-state/node-role.ts';
import { stepEvent } from '../model/step-event.ts';
import type { Operation } from './operation.ts';
import { requireNotDeleted } from './require-not-deleted.ts';

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
 * Holds a member for maintenance of its machine: a permit, if one can be granted now (R2). Throws
 * `member_not_declared`, `cluster_frozen`, `disruption_refused`.
 */
export function hold(member: string, { place, ...order }: HoldOrder): Operation {
  return {
    decide(situation) {
      const { spec, progress } = situation;
      requireNotDeleted(situation);
      declaredMember(spec, member);
      if (progress.frozen !== null) throw failure('cluster_frozen', { name: spec.name, reason: progress.frozen });
      const why = judgeDisruption(situation, member);
      if (why !== null) {
        const advice = nextStep(why, { cluster: spec.name, place });
        throw failure('disruption_refused', { cluster: spec.name, member, act: 'hold', reason: why, advice });
      }
      const step = { kind: 'grant-hold', member, ...order } as const;
      return { progress: situation.after(step), events: [stepEvent(step)], result: undefined };
    },
  };
}
