import { failure } from '@picket/shared/errors.ts';
import { clearForDisruption } from './disruption.ts';
import type { ExecutionContext } from './execution.ts';
import type { AgentStep } from './model.ts';

/**
 * Begins it; how it ends is told by the journal, and no failure of this node. What takes this member out of service is
 * begun only once this node has found for itself that the cluster can do without it (R2).
 */
export async function tendDatabase(
  { order, incarnation, kind }: Extract<AgentStep, { kind: 'upkeep' }>,
  context: ExecutionContext,
): Promise<void> {
  const { upkeep, journal } = context;
  if (order.kind === 'defragment') {
    const refuse = (reason: string) => failure('defragmentation_refused', { reason });
    await upkeep.begin(order, await clearForDisruption({ permitId: order.id, incarnation, refuse }, context), journal);
    return;
  }
  const etcd = await context.gateway();
  if (etcd === null)
    throw failure('step_impossible', { step: kind, problem: 'there is no certificate to show to etcd' });
  await upkeep.begin(order, etcd, journal);
}
