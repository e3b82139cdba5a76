import { failure } from '@picket/shared/errors.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import { declaredMember } from '../desired-state/node-role.ts';
import { withdrawal } from '../model/withdrawal.ts';
import { nothing, type Operation, taking } from './operation.ts';

/**
 * Ends the hold of a member before its time. Changes nothing if it is ending already. Throws `member_not_declared`,
 * `member_not_held`.
 */
export function release(member: string, { by }: { readonly by: string }): Operation {
  return {
    decide(situation) {
      const { spec, progress, status } = situation;
      declaredMember(spec, member);
      const { permit } = progress;
      if (permit?.hold === undefined || permit.member !== member)
        throw failure('member_not_held', { cluster: spec.name, member });
      if (permit.withdrawnAt !== null) return nothing;
      return taking(situation, withdrawal(permit, status, reason('released_by', { by })));
    },
  };
}
