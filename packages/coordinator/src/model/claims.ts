import type { Epoch } from '@picket/shared/protocol/epoch.ts';
import type { NodeStatus } from '@picket/shared/protocol/report.ts';

/** The desired state that a node follows, by its own word, or that was published to it. */
export interface Followed {
  readonly inventory: string;
  readonly epoch: Epoch | null;
  readonly generation: number;
}

/** What was published to a node, as far as this store knows. */
export interface Published extends Followed {
  /**
   * The seals of the last generations, oldest first and without a gap; the last is the seal of `generation`. Empty if
   * unknown.
   */
  readonly seals: readonly string[];
}

/** A node follows what this coordinator has not published to it (R5). */
export interface Claim extends Followed {
  /** A seal proves it: a coordinator with the same keys published it, so this one is behind. */
  readonly proven: boolean;
}

/**
 * What this node claims beyond what was published to it; null if it claims nothing of this kind. A report for which
 * {@link isFollowingEarlier} is true is no claim. Pure.
 *
 * @param isSealed whether its seal vouches for exactly that
 */
export function claimOf(
  { agent }: NodeStatus,
  published: Published,
  isSealed: (followed: Followed, seal: string) => boolean,
): Claim | null {
  const followed = followedBy(agent, published);
  if (isFollowingEarlier(agent, published, isSealed)) return null;
  const isAhead =
    followed.inventory !== published.inventory ||
    isLaterEpoch(followed.epoch, published.epoch) ||
    followed.generation > published.generation;
  if (!isAhead && !isAnother(followed, agent.seal, published)) return null;
  const proven = agent.seal !== undefined && isSealed(followed, agent.seal);
  return isAhead || proven ? { ...followed, proven } : null;
}

/** True if the node reports another seal than this store gave to that generation. */
function isAnother({ epoch, generation }: Followed, seal: string | undefined, published: Published): boolean {
  const own = published.seals[published.seals.length - 1 - (published.generation - generation)];
  return own !== undefined && own !== seal && epoch?.name === published.epoch?.name;
}

/**
 * The proof that the store was put back to before the first state of its present epoch: this store has published
 * nothing to the node since its restore, but a seal proves that the node already follows this very epoch. Pure.
 */
export function claimOfThisEpoch(
  { agent }: NodeStatus,
  published: Published,
  isSealed: (followed: Followed, seal: string) => boolean,
): Claim | null {
  const followed = followedBy(agent, published);
  const isOfThisEpoch = followed.inventory === published.inventory && followed.epoch?.name === published.epoch?.name;
  if (!isOfThisEpoch || followed.generation <= published.generation) return null;
  return agent.seal !== undefined && isSealed(followed, agent.seal) ? { ...followed, proven: true } : null;
}

/**
 * True if a seal proves that this node follows a coordinator from before the restore, at a generation that is not below
 * what was published to it since then. That is no sign of a store that was put back: the later epoch has answered it.
 * The node follows again once it gets a generation above that. Until then its report says nothing about what was
 * published. Pure.
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
 * A generation that it has applied counts as one that it follows: an honest agent has seen it before, so its seal is at
 * least as high.
 */
function followedBy(agent: NodeStatus['agent'], published: Followed): Followed {
  return {
    inventory: agent.inventory ?? published.inventory,
    epoch: agent.epoch ?? null,
    generation: Math.max(agent.generationSeen, agent.generationApplied),
  };
}

/** Of two epochs with the same number neither is earlier: they are of two copies of one backup. */
function isLaterEpoch(followed: Epoch | null, own: Epoch | null): boolean {
  if (followed === null) return false;
  const ownNumber = own?.number ?? 0;
  return followed.number > ownNumber || (followed.number === ownNumber && followed.name !== own?.name);
}
