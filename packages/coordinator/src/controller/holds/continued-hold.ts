import { reachable } from '../../model/health.ts';
import { memberNames } from '../../model/member-names.ts';
import type { Permit } from '../../model/permit-progress.ts';
import type { Situation } from '../../model/situation.ts';

/**
 * The permit of a hold that goes on although the coordinator was restored, so that the first desired state from it does
 * not end the hold; null if no agent of a member that stays has recently reported one. Its time counts again (R5). A hold
 * without the coordinator never had a permit, and no desired state ends it: see `heldAlone`.
 */
export function continuedHold(situation: Situation): Permit | null {
  const { progress, status, now } = situation;
  for (const member of memberNames(situation)) {
    const node = status.nodes[member];
    const incarnation = progress.members[member];
    const held = node?.status?.service.held;
    if (incarnation === undefined || incarnation.leaving !== undefined || held?.order === undefined) continue;
    if (held.order.alone !== undefined) continue;
    if (!reachable(node, now).ok) continue;
    const { seconds, stop } = held.order;
    const known = progress.permit;
    const inBackup = known?.id === held.permit && known.member === member ? known.hold : undefined;
    const { by, why } = inBackup ?? { by: 'an order from before the restore', why: null };
    // When its agent has begun it, no report says.
    const hold = { by, why, seconds, stop, taken: true, earlier: seconds };
    return { id: held.permit, member, issuedAt: now, withdrawnAt: null, hold };
  }
  return null;
}
