import { failure } from '@picket/shared/errors.ts';
import { happening } from '@picket/shared/events/event.ts';
import { isoTime } from '@picket/shared/iso-time.ts';
import type { Reason } from '@picket/shared/reasons/reason.ts';
import { type NodeRecord, nameOf } from '../inventory/inventory.ts';
import type { IdentityDeps } from './deps.ts';

type FreezeDeps = Pick<IdentityDeps, 'inventory' | 'directory' | 'now'>;

/**
 * Stops issuing to a node of which a copy exists, until an operator says which is the right one (R15). It gets
 * everything else: its etcd must not suffer. The first reason stays.
 */
export async function freezeIdentity(deps: FreezeDeps, nodeId: string, because: Reason): Promise<void> {
  const at = deps.now();
  await deps.inventory.transaction(async ({ nodes, events }) => {
    const node = await nodes.find(nodeId);
    if (node === null || !(await nodes.freeze(nodeId, at, because))) return;
    const frozen = happening('identity-frozen', { nodeId, name: nameOf(node), because });
    await events.append({ at, cluster: node.cluster, ...frozen });
  });
  await deps.directory.refresh(nodeId, at);
}

/**
 * An operator confirms that the copy is gone. Throws `not_found`, `identity_not_frozen`.
 *
 * @returns why it was frozen
 */
export async function unfreezeIdentity(deps: FreezeDeps, nodeId: string, by: string): Promise<Reason> {
  const because = await deps.inventory.transaction(async ({ nodes, events }) => {
    const node = await nodes.required(nodeId);
    if (node.frozen === null) throw failure('identity_not_frozen', { nodeId });
    await nodes.unfreeze(nodeId);
    const { because } = node.frozen;
    const unfrozen = happening('identity-unfrozen', { by, nodeId, name: nameOf(node), because });
    await events.append({ at: deps.now(), cluster: node.cluster, ...unfrozen });
    return because;
  });
  await deps.directory.refresh(nodeId, deps.now());
  return because;
}

/** Throws `node_evicted`. */
export function requirePresent({ id: nodeId, evictedAt }: Pick<NodeRecord, 'id' | 'evictedAt'>): void {
  if (evictedAt !== null) throw failure('node_evicted', { nodeId, evictedAt: isoTime(evictedAt) });
}

/** Throws `identity_frozen`. */
export function requireNotFrozen(nodeId: string, frozen: NodeRecord['frozen']): void {
  if (frozen === null) return;
  throw failure('identity_frozen', { nodeId, frozenAt: isoTime(frozen.at), reason: frozen.because });
}
