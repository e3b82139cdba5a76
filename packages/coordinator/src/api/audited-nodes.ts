import type { FastifyRequest } from 'fastify';
import { differenceOf } from '../audit/difference.ts';
import { nodeFacts } from '../audit/facts.ts';
import { changed } from './audited.ts';
import type { ApiDeps } from './deps.ts';

/** How the audit log names the node of a route. */
export function ofNode({ id }: Readonly<Record<string, string>>): string {
  return `node ${id}`;
}

/** Changes a node, and says for the audit log what that changed. */
export async function changingNode(
  { inventory, restoration }: Pick<ApiDeps, 'inventory' | 'restoration'>,
  request: FastifyRequest,
  nodeId: string,
  change: () => Promise<unknown>,
): Promise<void> {
  const facts = async () => nodeFacts(await inventory.nodes.find(nodeId), restoration.awaits(nodeId));
  const before = await facts();
  await change();
  changed(request, differenceOf(before, await facts()));
}
