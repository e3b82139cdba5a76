import type { Epoch } from '@picket/shared/protocol/epoch.ts';
import type { NodeStatus } from '@picket/shared/protocol/report.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import type { ClusterProgress, Instant, NodeObservation } from './model.ts';

/** Which desired state a node follows, by its own word, or was published to it. */
export interface Followed {
  readonly inventory: string;
  readonly epoch: Epoch | null;
  readonly generation: number;
}

/** That a node follows what this coordinator has not published to it (R5). */
export interface Claim extends Followed {
  /** A seal vouches for it: a coordinator with the same keys has published it, so this one is behind. */
  readonly proven: boolean;
}

/** A node that is frozen alone, for what it claims. */
export interface Quarantine {
  readonly nodeId: string;
  readonly name: string;
  readonly since: Instant;
  readonly reason: Reason;
  /** It reported another cluster ID; left out where it claims to follow what was not published to it. */
  readonly foreign?: true;
}

/** What a node reports while that does not count. */
export interface SetAside {
  readonly receivedAt: Instant;
  readonly status: NodeStatus;
}

/**
 * What this node claims beyond what was published to it; null where it claims nothing of the kind. Nor is it a claim where
 * {@link isFollowingEarlier} answers it. Pure.
 *
 * @param isSealed whether its seal vouches for exactly that
 */
export function claimOf(
  { agent }: NodeStatus,
  published: Followed,
  isSealed: (followed: Followed, seal: string) => boolean,
): Claim | null {
  const followed = followedBy(agent, published);
  if (isFollowingEarlier(agent, published, isSealed)) return null;
  const isAhead =
    followed.inventory !== published.inventory ||
    isLaterEpoch(followed.epoch, published.epoch) ||
    followed.generation > published.generation;
  if (!isAhead) return null;
  return { ...followed, proven: agent.seal !== undefined && isSealed(followed, agent.seal) };
}

/**
 * Whether a seal proves that this node follows a coordinator from before the restore, at a generation that what was
 * published to it since is not above. That is no sign of a store that was put back: the later epoch has answered it. The node
 * follows again once it is told a generation above. Until then its report says nothing of what was published. Pure.
 */
export function isFollowingEarlier(
  agent: NodeStatus['agent'],
  published: Followed,
  isSealed: (followed: Followed, seal: string) => boolean,
): boolean {
  const followed = followedBy(agent, published);
  const isEarlier = (followed.epoch?.number ?? 0) < (published.epoch?.number ?? 0);
  if (!isEarlier || followed.inventory !== published.inventory || followed.generation < published.generation)
    return false;
  return agent.seal !== undefined && isSealed(followed, agent.seal);
}

/**
 * A generation that it has carried out counts as one that it follows: an honest agent has seen it before, so that its seal is
 * of one that is as high.
 */
function followedBy(agent: NodeStatus['agent'], published: Followed): Followed {
  return {
    inventory: agent.inventory ?? published.inventory,
    epoch: agent.epoch ?? null,
    generation: Math.max(agent.generationSeen, agent.generationApplied),
  };
}

/** Of two with one number neither is earlier: they are of two copies of one backup. */
function isLaterEpoch(followed: Epoch | null, own: Epoch | null): boolean {
  if (followed === null) return false;
  const ownNumber = own?.number ?? 0;
  return followed.number > ownNumber || (followed.number === ownNumber && followed.name !== own?.name);
}

export function quarantineOf({ quarantined = [] }: ClusterProgress, nodeId: string): Quarantine | null {
  return quarantined.find((one) => one.nodeId === nodeId) ?? null;
}

/** The node as the concerns after `safety` may see it: what a node reports that claims too much does not count. */
export function withoutClaims(node: NodeObservation, progress: ClusterProgress): NodeObservation {
  const { receivedAt, status, claim } = node;
  const quarantine = quarantineOf(progress, node.nodeId);
  if (quarantine === null && (claim === undefined || claim.proven)) return node;
  return {
    ...node,
    uncounted: reason('quarantined', { why: quarantine?.reason ?? reason('claims_unpublished') }),
    ...(receivedAt === null || status === null ? {} : { setAside: { receivedAt, status } }),
    receivedAt: null,
    healthySince: null,
    ailingSince: null,
    status: null,
  };
}

/** The node as its last report shows it, also where that report does not count. */
export function asReported(node: NodeObservation): NodeObservation {
  const { setAside, uncounted: _why, ...rest } = node;
  return setAside === undefined ? node : { ...rest, ...setAside };
}
