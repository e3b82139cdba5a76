import { failure } from '@picket/shared/errors.ts';
import type { AgentStep } from '../../model/model.ts';
import type { ExecutionContext } from './execution.ts';

/** Begins it; how it ends is told by the journal, and no failure of this node. */
export async function takeSnapshot(
  { order, kind }: Extract<AgentStep, { kind: 'take-snapshot' }>,
  { gateway, snapshots, journal }: ExecutionContext,
): Promise<void> {
  const etcd = await gateway();
  if (etcd === null)
    throw failure('step_impossible', { step: kind, problem: 'there is no certificate to show to etcd' });
  await snapshots.begin(order, etcd, journal);
}
