import { reason } from '@picket/shared/reasons/reason.ts';
import { risks } from '../../model/health.ts';
import { act, agreed, type Opinion } from '../../model/opinion.ts';
import type { Permit } from '../../model/permit-progress.ts';
import type { Situation } from '../../model/situation.ts';
import { withdrawal } from '../../model/withdrawal.ts';

/**
 * A permit that its holder has not used, as far as it has reported, is withdrawn once another voter may not serve: it
 * would not be granted now (R2). Comes before whatever else is decided, since each answer to the holder extends its
 * lease. The permit stays until the lease is over.
 */
export function withdrawUnused(situation: Situation): Opinion {
  const { progress, status } = situation;
  const { permit } = progress;
  if (permit === null || permit.withdrawnAt !== null || isUsed(permit, situation)) return agreed;
  const ailment = risks(situation).find(({ facts }) => facts.member !== permit.member);
  if (ailment === undefined) return agreed;
  return act(withdrawal(permit, status, reason('every_voter_must_serve', { ailment })));
}

/** What has begun is not stopped half way. */
function isUsed({ id, member, hold }: Permit, { status }: Situation): boolean {
  const said = status.nodes[member]?.status;
  const uses = [said?.service.lastPermit, said?.service.held?.permit, said?.lastMaintenance?.id];
  return hold?.taken === true || uses.includes(id);
}
