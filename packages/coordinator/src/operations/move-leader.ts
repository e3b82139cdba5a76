import { failure } from '@picket/shared/errors.ts';
import { judgeHandover } from '../controller/leadership/judge-handover.ts';
import { declaredMember } from '../desired-state/node-role.ts';
import { stepEvent } from '../model/step-event.ts';
import type { Operation } from './operation.ts';
import { requireNotDeleted } from './require-not-deleted.ts';

/**
 * An operator's order: the leader hands the leadership over to this member. Throws `member_not_declared`,
 * `cluster_frozen`, `handover_refused`.
 */
export function moveLeader(member: string, { by }: { readonly by: string }): Operation {
  return {
    decide(situation) {
      const { spec, progress } = situation;
      requireNotDeleted(situation);
      declaredMember(spec, member);
      if (progress.frozen !== null) throw failure('cluster_frozen', { name: spec.name, reason: progress.frozen });
      const judged = judgeHandover(situation, member);
      if ('refused' in judged)
        throw failure('handover_refused', { cluster: spec.name, member, reason: judged.refused });
      const step = { kind: 'assign-handover', member, by, ...judged } as const;
      return { progress: situation.after(step), events: [stepEvent(step)], result: undefined };
    },
  };
}
