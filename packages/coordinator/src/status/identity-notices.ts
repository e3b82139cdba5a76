import { found } from '@picket/shared/problems/catalogue.ts';
import type { Reason } from '@picket/shared/reasons/reason.ts';
import { lifetimes } from '../authority/lifetimes.ts';
import type { NodeIdentity } from '../identity/principals.ts';
import { type NodeRecord, nameOf } from '../inventory/inventory.ts';
import type { Instant } from '../model/instant.ts';

/** Identities that were not renewed, or must not be (R15); nothing for healthy ones. */
export function identityNotices(
  nodes: readonly NodeRecord[],
  identityOf: (nodeId: string) => NodeIdentity | null,
  now: Instant,
): readonly Reason[] {
  return nodes.flatMap((node) => {
    const identity = node.evictedAt === null ? identityOf(node.id) : null;
    if (identity === null) return [];
    const { endsAt, frozen } = identity;
    const view = { name: nameOf(node), nodeId: node.id, kind: node.kind, endsAt, frozen, lifetimeMs: lifetimes.node };
    return found(({ ofIdentity }) => ofIdentity?.(view, now)).map(({ why }) => why);
  });
}
