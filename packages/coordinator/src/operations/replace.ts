import { happening } from '@picket/shared/events/event.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import { declaredMember } from '../desired-state/node-role.ts';
import type { Operation } from './operation.ts';
import { requireNotDeleted, requireNotRestoring } from './require-orderable.ts';

/**
 * An operator ends the present incarnation of a member: etcd is asked to remove it, and it enters again with an empty data
 * directory (R3). Throws `cluster_restoring`, `member_not_declared`, `already_so`, `replace_refused`, `etcd_authentication_on`.
 */
export function replace(member: string, { by, force }: { readonly by: string; readonly force: boolean }): Operation {
  return {
    decide(situation) {
      requireNotDeleted(situation);
      requireNotRestoring(situation);
      declaredMember(situation.spec, member);
      const why = reason('replaced_by', { by });
      const progress = situation.decisions.replaced(situation, member, { reason: why, force });
      const memberId = progress.members[member]?.memberId ?? null;
      return { progress, events: [happening('replace', { by, member, memberId, force })], result: undefined };
    },
  };
}
