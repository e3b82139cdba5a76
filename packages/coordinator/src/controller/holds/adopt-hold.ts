import { reason } from '@picket/shared/reasons/reason.ts';
import { act, agreed, type Opinion } from '../../model/opinion.ts';
import type { Permit } from '../../model/permit-progress.ts';
import type { Situation } from '../../model/situation.ts';
import { withdrawal } from '../../model/withdrawal.ts';
import { reportedHolds } from './reported-holds.ts';

/**
 * A member that root has held on its machine, without a coordinator, has the permit of the cluster from the report on that
 * says so: nothing else is disrupted (R2). A permit of another member is withdrawn first. A hold of another member stays,
 * since its machine may be off already. One that has ended already is not begun again.
 */
export function adoptHold(situation: Situation): Opinion {
  const { permit } = situation.progress;
  const found = reportedHolds(situation).find(({ id, alone }) => alone !== null && id !== permit?.id);
  if (found === undefined || found.alone === null) return agreed;
  const { id, member, seconds, stop, alone } = found;
  if (permit === null)
    return act({ kind: 'adopt-hold', member, id, by: rootOn(member), why: alone.why, seconds, stop });
  if (permit.hold !== undefined || permit.withdrawnAt !== null) return agreed;
  return act(withdrawal(permit, situation.status, reason('held_alone', { member })));
}

/**
 * The permit of a hold that goes on although the coordinator was restored, so that the first desired state from it does
 * not end the hold; null if no agent reports one. Its time counts again (R5).
 */
export function continuedHold(situation: Situation): Permit | null {
  const [found] = reportedHolds(situation);
  if (found === undefined) return null;
  const { id, member, seconds, stop, alone } = found;
  const known = situation.progress.permit;
  const inBackup = known?.id === id && known.member === member ? known.hold : undefined;
  const { by, why } = inBackup ?? {
    by: alone === null ? 'an order from before the restore' : rootOn(member),
    why: alone?.why ?? null,
  };
  const hold = { by, why, seconds, stop, taken: true, ...(alone === null ? {} : { alone: true as const }) };
  return { id, member, issuedAt: situation.now, withdrawnAt: null, hold };
}

/** Who holds a member by a command on its machine. */
export function rootOn(member: string): string {
  return `root on ${member}`;
}
