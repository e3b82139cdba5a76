import type { AgentStep } from '../../model/model.ts';
import type { ExecutionContext } from './execution.ts';
import { requireFormerSilent } from './former-cluster.ts';
import { makeOnce } from './make-data-dir.ts';

/**
 * Makes the data directory of a founder from a snapshot, once (R4): no two lives ever begin with the same snapshot and
 * token. Throws `former_cluster_serves` as well.
 */
export async function restoreData(
  { incarnation, order, member }: Extract<AgentStep, { kind: 'restore-data' }>,
  context: ExecutionContext,
): Promise<void> {
  const { etcdOwner: owner, restoreSnapshot } = context;
  await requireFormerSilent(order, context);
  await makeOnce(incarnation, context, (folder) => restoreSnapshot(order, { folder, owner, ...member }));
}
