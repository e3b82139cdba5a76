import { type DesiredState, isMemberState } from '@picket/shared/protocol/desired-state.ts';
import type { Epoch } from '@picket/shared/protocol/epoch.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import type { Journal } from '../journal/journal.ts';
import type { Accepted } from '../model/model.ts';

export type Acceptance = { readonly ok: true } | { readonly ok: false; readonly why: Reason };

/**
 * Whether the node may act on a desired state (R5). It never acts on a lower generation than it has seen, or on one of
 * another inventory, whose generations have another meaning. An equal generation must be the same state read again: a
 * different one comes from a coordinator that has lost what it published. A restored coordinator has a later epoch, and
 * must use generations above what this node has seen.
 */
export function accept(journal: Journal, document: DesiredState, accepted: Accepted | null): Acceptance {
  const inventory = journal.inventory ?? accepted?.document.inventory ?? null;
  if (inventory !== null && inventory !== document.inventory) {
    return refuse(reason('other_inventory_offered', { offered: document.inventory, followed: inventory }));
  }
  const followed = later(journal.epoch, accepted?.document.epoch ?? null);
  const restored = (document.epoch?.number ?? 0) > (followed?.number ?? 0);
  if (!restored && !sameValue(document.epoch ?? null, followed)) {
    return refuse(
      reason('other_epoch_offered', { offered: document.epoch?.number ?? 0, followed: followed?.number ?? 0 }),
    );
  }
  const seen = Math.max(journal.generationSeen, accepted?.document.generation ?? 0);
  if (document.generation < seen) {
    return refuse(reason('older_generation_offered', { generation: document.generation, seen }));
  }
  if (accepted?.document.generation === document.generation && !sameValue(accepted.document, document)) {
    return refuse(reason('generation_differs', { generation: document.generation }));
  }
  if (accepted !== null && !mayFollow(accepted.document, document)) {
    return refuse(reason('generation_differs', { generation: accepted.document.generation }));
  }
  if (restored && document.generation === seen) {
    return refuse(reason('generation_seen_before', { generation: seen }));
  }
  const changed = restored ? changedIncarnation(journal, document) : null;
  if (changed !== null) return refuse(changed);
  const nodeId = accepted?.document.nodeId ?? document.nodeId;
  if (document.nodeId !== nodeId) {
    return refuse(reason('answer_for_other_node', { offered: document.nodeId, nodeId }));
  }
  if (accepted !== null && isMemberState(accepted.document) !== isMemberState(document)) {
    const kindOf = (state: DesiredState) => (isMemberState(state) ? 'member' : 'client');
    return refuse(reason('other_kind_offered', { offered: kindOf(document), own: kindOf(accepted.document) }));
  }
  return { ok: true };
}

/**
 * True if the state that this node follows is among those that the coordinator published before, as far back as it
 * names them.
 */
function mayFollow(followed: DesiredState, { epoch, generation, priorSeals }: DesiredState): boolean {
  const published = priorSeals[priorSeals.length - (generation - followed.generation)];
  return epoch?.name !== followed.epoch?.name || published === undefined || published === followed.seal;
}

/**
 * What the first state of a restored coordinator would change about the incarnation that etcd runs here; null if nothing. The
 * coordinator knows that incarnation only from reports, so its mistake must not reach etcd: no other incarnation, unless the state
 * names this one as over, and no founding of a cluster (R1).
 */
function changedIncarnation(journal: Journal, document: DesiredState): Reason | null {
  if (!isMemberState(document)) return null;
  const lives = journal.startedWith?.incarnation ?? null;
  const wanted = document.etcd?.incarnation ?? null;
  if (document.etcd?.initialClusterState === 'new' && wanted !== null && journal.incarnations[wanted] === undefined) {
    return reason('would_found_again', { incarnation: wanted });
  }
  if (lives === null || lives === wanted || document.retired.includes(lives)) return null;
  return reason('incarnation_unknown_to_coordinator', { incarnation: lives });
}

function later(one: Epoch | null, other: Epoch | null): Epoch | null {
  return (one?.number ?? 0) < (other?.number ?? 0) ? other : one;
}

/** For JSON values; the order of an object's keys does not matter. */
function sameValue(left: unknown, right: unknown): boolean {
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return left === right;
  if (Array.isArray(left) !== Array.isArray(right)) return false;
  const [held, offered] = [left as Record<string, unknown>, right as Record<string, unknown>];
  const keys = Object.keys(held);
  return (
    keys.length === Object.keys(offered).length &&
    keys.every((key) => Object.hasOwn(offered, key) && sameValue(held[key], offered[key]))
  );
}

function refuse(why: Reason): Acceptance {
  return { ok: false, why };
}
