import { failure } from '@picket/shared/errors.ts';
import type { AnyReason } from '@picket/shared/reasons/reason.ts';
import type { AgentStep } from '../../model/model.ts';
import { leaseHolds } from '../lease.ts';
import { clearForDisruption } from './disruption.ts';
import type { ExecutionContext } from './execution.ts';

/**
 * That the cluster can do without this member says nothing of a while later. Where dropping history takes longer, the next
 * attempt finds that done.
 */
const clearedForMs = 10_000;

/**
 * Begins it; how it ends is told by the journal, and no failure of this node. What takes this member out of service is
 * begun only once this node has found for itself that the cluster can do without it (R2).
 */
export async function tendDatabase(
  { order, incarnation, kind }: Extract<AgentStep, { kind: 'maintenance' }>,
  context: ExecutionContext,
): Promise<void> {
  const { accepted, host, maintenance, journal } = context;
  const { clock } = host;
  const leased = (): boolean => leaseHolds(accepted, order.validForSeconds, clock.monotonic());
  if (order.kind === 'defragment') {
    const refuse = (why: AnyReason) => failure('defragmentation_refused', { reason: why });
    const cleared = await clearForDisruption({ permitId: order.id, incarnation, refuse }, context);
    const clearedAt = clock.monotonic();
    const fresh = (): boolean => clock.monotonic() - clearedAt <= clearedForMs;
    await maintenance.begin(order, cleared, journal, () => leased() && fresh());
    return;
  }
  const etcd = await context.gateway();
  if (etcd === null)
    throw failure('step_impossible', { step: kind, problem: 'there is no certificate to show to etcd' });
  await maintenance.begin(order, etcd, journal, leased);
}
