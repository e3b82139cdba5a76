import type { ExecutionContext } from './execution.ts';
import { makeOnce } from './make-data-dir.ts';
import type { AgentStep } from './model.ts';

/** Makes the data dir of a founder from a snapshot, once (R4): no two lives ever begin with the same one and token. */
export async function restoreData(
  { incarnation, order, member }: Extract<AgentStep, { kind: 'restore-data' }>,
  context: ExecutionContext,
): Promise<void> {
  const { etcdOwner: owner, restoreSnapshot } = context;
  await makeOnce(incarnation, context, (folder) => restoreSnapshot(order, { folder, owner, ...member }));
}
