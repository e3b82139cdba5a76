import { reason } from '@picket/shared/reasons/reason.ts';
import { staysWell } from '../../model/health.ts';
import { act, type Opinion, waitFor } from '../../model/opinion.ts';
import type { Permit } from '../../model/permit-progress.ts';
import { isAwaited } from '../../model/presence.ts';
import type { Situation } from '../../model/situation.ts';
import { maintenanceSeconds, orderOverAfter, stayHealthyFor, withdrawPermitAfter } from '../../model/waits.ts';

/**
 * The next disruptive act waits until this member has rewritten its database, serves and has done so for a while, or
 * until it can no longer begin (R2). Once it has begun it cannot be stopped, so it gets enough time.
 */
export function awaitDefragmentation(situation: Situation, permit: Permit): Opinion {
  const { now, status } = situation;
  const { member: name, id, issuedAt, withdrawnAt } = permit;
  const node = status.nodes[name];
  const said = node?.status?.lastMaintenance;
  const ending = said?.id === id ? said : undefined;
  // Health counts from the first report of its end; if the coordinator has not stored that, from its start.
  if (ending !== undefined && ending.outcome !== 'begun' && staysWell(situation, name, issuedAt)) {
    const { outcome } = ending;
    return act({
      kind: 'record-defragmentation',
      member: name,
      outcome,
      reason: reason('node_says', { why: ending.reason }),
    });
  }
  if (withdrawnAt !== null) {
    // It may have begun at the lease's last moment. While it defragments it does not serve, and nobody else gets a
    // permit.
    if (now - withdrawnAt > orderOverAfter) return act({ kind: 'close-permit', member: name, outcome: 'lapsed' });
    return waitFor(reason('defragmentation_lapses', { member: name }));
  }
  const patience = ending === undefined ? withdrawPermitAfter : maintenanceSeconds * 1000 + withdrawPermitAfter;
  // It may have ended while no coordinator ran.
  if (now - issuedAt > patience && !isAwaited(node, now)) {
    const seconds = Math.round(patience / 1000);
    const late = reason(ending === undefined ? 'not_begun' : 'not_confirmed', { seconds });
    // If an agent refuses it, that appears only among its waits.
    const waits = node?.status?.agent.waits ?? [];
    return act({
      kind: 'withdraw-permit',
      member: name,
      reason: reason('defragmentation_late', { why: late, waits }),
    });
  }
  return waitFor(reason('defragments_and_serves', { member: name, seconds: stayHealthyFor / 1000 }));
}
