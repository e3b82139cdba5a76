import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { works } from '../../model/health.ts';
import { heldUntil, heldWords, holdEnds, isHoldOver } from '../../model/held.ts';
import { act, agreed, type Opinion, hold as wait } from '../../model/opinion.ts';
import { isAwaited } from '../../model/presence.ts';
import type { Situation } from '../../model/situation.ts';
import { orderOverAfter, stayHealthyFor, withdrawPermitAfter } from '../../model/waits.ts';
import { withdrawal } from '../../model/withdrawal.ts';

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
  const life = progress.members[name];
  const said = node?.status ?? null;
  const isBack = works(situation, name).ok;
  const reported = node?.receivedAt ?? null;
  const staysSince = (moment: number) =>
    isBack && reported !== null && reported - Math.max(node?.healthySince ?? now, moment) >= stayHealthyFor;
  if (withdrawnAt !== null) {
    const knows = node !== undefined && said !== null && said.agent.generationSeen >= node.generation;
    const hasHeard = knows && permit.generation !== undefined && node.generation > permit.generation;
    if (hasHeard && staysSince(withdrawnAt)) return act({ kind: 'end-hold', member: name, outcome: 'ended' });
    // It may have stopped its etcd at the lease's last moment: only a report from after that shows that it has not.
    if (now - withdrawnAt > orderOverAfter)
      return act({ kind: 'end-hold', member: name, outcome: isBack ? 'ended' : 'lapsed' });
    return wait(holdEnds(name));
  }
  const withdraw = (why: Reason) => act(withdrawal(permit, status, why));
  if (life?.leaving !== undefined) return withdraw(reason('held_member_leaves'));
  const told = said?.service.held;
  const ofThis = told?.permit === id ? told : undefined;
  if (!hold.taken) {
    const refused = said?.service.holdRefused;
    if (refused?.permit === id) return withdraw(reason('hold_refused', { why: refused.reason }));
    if (ofThis !== undefined) return act({ kind: 'open-hold', member: name, by: hold.by, until: heldUntil(permit) });
    // It may have begun while no coordinator ran.
    const mayStillTell = node !== undefined && isAwaited(node, now);
    if (now - issuedAt <= withdrawPermitAfter || mayStillTell)
      return wait(reason('hold_begins', { member: name, by: hold.by }));
    return withdraw(reason('hold_not_taken', { seconds: withdrawPermitAfter / 1000, waits: said?.agent.waits ?? [] }));
  }
  if (isHoldOver(permit, now)) return withdraw(reason('hold_time_over'));
  if (ofThis?.rebooted === true && staysSince(issuedAt)) return withdraw(reason('back_after_boot'));
  return wait(heldWords(situation.spec.name, permit, hold));
}
