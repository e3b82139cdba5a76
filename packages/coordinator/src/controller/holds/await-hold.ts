import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { staysWell, works } from '../../model/health.ts';
import { heldUntil, heldWords, holdEnds, isHoldOver } from '../../model/held.ts';
import { act, agreed, type Opinion, waitFor as wait } from '../../model/opinion.ts';
import { isAwaited } from '../../model/presence.ts';
import type { Situation } from '../../model/situation.ts';
import { orderOverAfter, withdrawPermitAfter } from '../../model/waits.ts';
import { hasHeardOfEnd, withdrawal } from '../../model/withdrawal.ts';

/**
 * A hold ends by an operator's release, by its time, or when its member is back and well after a boot of its machine.
 * Nothing else is disrupted until then, and until the member serves or surely uses the permit no longer (R2). A member
 * that does not serve at the end keeps the others from any permit.
 */
export function awaitHold(situation: Situation): Opinion {
  const { now, progress, status } = situation;
  const { permit } = progress;
  if (permit?.hold === undefined) return agreed;
  const { id, member: name, issuedAt, withdrawnAt, hold } = permit;
  const node = status.nodes[name];
  const incarnation = progress.members[name];
  const said = node?.status ?? null;
  if (withdrawnAt !== null) {
    if (hasHeardOfEnd(permit, node) && staysWell(situation, name, withdrawnAt))
      return act({ kind: 'end-hold', member: name, outcome: 'ended' });
    // It may have stopped its etcd at the lease's last moment: only a report from after that shows that it has not.
    if (now - withdrawnAt > orderOverAfter)
      return act({ kind: 'end-hold', member: name, outcome: works(situation, name).ok ? 'ended' : 'lapsed' });
    return wait(holdEnds(name));
  }
  const withdraw = (why: Reason) => act(withdrawal(permit, status, why));
  if (incarnation?.leaving !== undefined) return withdraw(reason('held_member_leaves'));
  const told = said?.service.held;
  const ofThis = told?.permit === id ? told : undefined;
  if (!hold.taken) {
    const refused = said?.service.holdRefused;
    if (refused?.permit === id) return withdraw(reason('hold_refused', { why: refused.reason }));
    if (ofThis !== undefined) return act({ kind: 'open-hold', member: name, by: hold.by, until: heldUntil(permit) });
    // It may have begun while no coordinator ran.
    if (now - issuedAt <= withdrawPermitAfter || isAwaited(node, now))
      return wait(reason('hold_begins', { member: name, by: hold.by }));
    return withdraw(reason('hold_not_taken', { seconds: withdrawPermitAfter / 1000, waits: said?.agent.waits ?? [] }));
  }
  if (isHoldOver(permit, now)) return withdraw(reason('hold_time_over'));
  if (ofThis?.rebooted === true && staysWell(situation, name, issuedAt)) return withdraw(reason('back_after_boot'));
  return wait(heldWords(situation.spec.name, permit, hold));
}
