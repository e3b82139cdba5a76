import { failure } from '@picket/shared/errors.ts';
import type { AgentStep } from '../../model/model.ts';
import type { ExecutionContext } from './execution.ts';

/** Starts a snapshot. The journal records how it ends; a failure is not a failure of this node. */
export async function takeSnapshot(
  { order, kind }: Extract<AgentStep, { kind: 'take-snapshot' }>,
  { gateway, snapshots, journal }: ExecutionContext,
): Promise<void> {
  const etcd = await gateway();
  if (etcd === null) throw failure('step_impossible', { step: kind, problem: 'this node has no certificate for etcd' });
  await snapshots.begin(order, etcd, journal);
}
