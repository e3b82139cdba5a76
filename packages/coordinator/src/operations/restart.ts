import { failure } from '@picket/shared/errors.ts';
import { nextStep } from '@picket/shared/reasons/next-step.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import { judgeDisruption } from '../controller/judge-disruption.ts';
import { restartBefore } from '../controller/permits/leader-last.ts';
import { type Operation, taking } from './operation.ts';
import { requireOrderable } from './require-orderable.ts';

/**
 * An operator's order: this member restarts its etcd by a permit, if one can be granted now (R2). Throws what
 * {@link requireOrderable} does, and `disruption_refused`.
 */
export function restart(member: string, { by }: { readonly by: string }): Operation {
  return {
    decide(situation) {
      const { spec, status } = situation;
      requireOrderable(situation, member);
      const isPending = status.nodes[member]?.status?.service.restartPending === true;
      const others = restartBefore(situation, member);
      const why = isPending
        ? reason('restarts_anyway', { member })
        : others.length > 0
          ? reason('leader_restarts_last', { cluster: spec.name, others })
          : judgeDisruption(situation, member);
      if (why !== null) {
        const advice = nextStep(why, { cluster: spec.name, place: 'elsewhere' });
        throw failure('disruption_refused', { cluster: spec.name, member, act: 'restart', reason: why, advice });
      }
      return taking(situation, { kind: 'grant-permit', member, by });
    },
  };
}
