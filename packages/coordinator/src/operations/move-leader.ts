import { failure } from '@picket/shared/errors.ts';
import { judgeHandover } from '../controller/leadership/judge-handover.ts';
import { stepEvent } from '../model/step-event.ts';
import type { Operation } from './operation.ts';
import { requireOrderable } from './require-orderable.ts';

/**
 * An operator's order: the leader hands the leadership over to this member. Throws what {@link requireOrderable} does, and
 * `handover_refused`.
 */
export function moveLeader(member: string, { by }: { readonly by: string }): Operation {
  return {
    decide(situation) {
      const { spec } = situation;
      requireOrderable(situation, member);
      const judged = judgeHandover(situation, member);
      if ('refused' in judged)
        throw failure('handover_refused', { cluster: spec.name, member, reason: judged.refused });
      const step = { kind: 'assign-handover', member, by, ...judged } as const;
      return { progress: situation.after(step), events: [stepEvent(step)], result: undefined };
    },
  };
}
