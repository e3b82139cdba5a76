import { isoTime } from '@picket/shared/iso-time.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { lifetimes } from '../authority/lifetimes.ts';
import type { NodeIdentity } from '../identity/principals.ts';
import { type NodeRecord, nameOf } from '../inventory/inventory.ts';
import type { Instant } from '../model/instant.ts';

/**
 * An agent renews with about a third of the life left. From this point on, it has surely tried and failed, or is off.
 */
const overdueMs = lifetimes.node / 5;

/** Identities that were not renewed, or must not be (R15); nothing for healthy ones. */
export function identityNotices(
  nodes: readonly NodeRecord[],
  identityOf: (nodeId: string) => NodeIdentity | null,
  now: Instant,
): readonly Reason[] {
  return nodes
    .filter(({ evictedAt }) => evictedAt === null)
    .flatMap((node) => {
      const identity = identityOf(node.id);
      return identity === null ? [] : [...frozen(node, identity), ...ending(nameOf(node), identity, now)];
    });
}

function frozen(node: NodeRecord, { frozen }: NodeIdentity): readonly Reason[] {
  if (frozen === null) return [];
  const { id: nodeId, kind } = node;
  const { because } = frozen;
  return [reason('identity_is_frozen', { name: nameOf(node), nodeId, at: isoTime(frozen.at), because, kind })];
}

function ending(name: string, { endsAt }: NodeIdentity, now: Instant): readonly Reason[] {
  if (endsAt === null || now >= endsAt)
    return [reason('identity_ended', { name, at: endsAt === null ? null : isoTime(endsAt) })];
  return endsAt - now > overdueMs ? [] : [reason('identity_ends', { name, at: isoTime(endsAt) })];
}
