import { type DesiredState, isMemberState } from '@picket/shared/protocol/desired-state.ts';
import type { Epoch } from '@picket/shared/protocol/epoch.ts';
import type { Journal } from '../journal/journal.ts';
import type { Accepted } from '../model/model.ts';

export type Acceptance = { readonly ok: true } | { readonly ok: false; readonly why: string };

/**
 * Whether a desired state may be acted on (R5): never one of a lower generation than this node has seen, and never
 * one of another inventory, whose generations count something else. An equal generation must be the same state read
 * again: one that differs was counted by a coordinator that had lost what it counted before. A coordinator that was
 * restored from a backup says so by a later epoch, and must count above what this node has seen.
 */
export function accept(journal: Journal, document: DesiredState, accepted: Accepted | null): Acceptance {
  const inventory = journal.inventory ?? accepted?.document.inventory ?? null;
  if (inventory !== null && inventory !== document.inventory) {
    return refuse(
      `the coordinator speaks for the inventory ${document.inventory}, and this node follows ${inventory}; ` +
        'its last desired state stands: a node is taken over by its own coordinator alone, restored from a backup',
    );
  }
  const followed = later(journal.epoch, accepted?.document.epoch ?? null);
  const restored = (document.epoch?.number ?? 0) > (followed?.number ?? 0);
  if (!restored && !sameValue(document.epoch ?? null, followed)) {
    return refuse(
      `the coordinator was restored in epoch ${document.epoch?.number ?? 0}, and this node follows one that was ` +
        `restored later, or from another copy of the backup (epoch ${followed?.number ?? 0}); the last desired state stands`,
    );
  }
  const seen = Math.max(journal.generationSeen, accepted?.document.generation ?? 0);
  if (document.generation < seen) {
    return refuse(
      `the coordinator offers generation ${document.generation}, and this node has seen ${seen}: it was restored ` +
        'from an older copy; the last desired state stands',
    );
  }
  if (accepted?.document.generation === document.generation && !sameValue(accepted.document, document)) {
    return refuse(
      `the coordinator offers another generation ${document.generation} than the one this node has seen: it was ` +
        'restored from an older copy and has counted on from there; the last desired state stands',
    );
  }
  if (restored && document.generation === seen) {
    return refuse(
      `the coordinator was restored from a backup, and offers a generation that this node has seen (${seen}); ` +
        'the last desired state stands',
    );
  }
  const changed = restored ? changedLife(journal, document) : null;
  if (changed !== null) return refuse(`${changed}; the last desired state stands`);
  const nodeId = accepted?.document.nodeId ?? document.nodeId;
  if (document.nodeId !== nodeId) {
    return refuse(`the coordinator answered for the node ${document.nodeId}, and this one is ${nodeId}`);
  }
  if (accepted !== null && isMemberState(accepted.document) !== isMemberState(document)) {
    const [is, not] = isMemberState(document) ? ['member', 'client'] : ['client', 'member'];
    return refuse(`the coordinator speaks of a ${is}, and this node is a ${not}; its last desired state stands`);
  }
  return { ok: true };
}

/**
 * What a coordinator that was restored would change, by its first word, of the life that etcd lives here; null if
 * nothing. It knows that from reports alone, so a mistake there must not reach etcd: no other life, unless this one is
 * named as over, and none that founds a cluster (R1).
 */
function changedLife(journal: Journal, document: DesiredState): string | null {
  if (!isMemberState(document)) return null;
  const lives = journal.startedWith?.incarnation ?? null;
  const wanted = document.etcd?.incarnation ?? null;
  if (document.etcd?.initialClusterState === 'new' && wanted !== null && journal.incarnations[wanted] === undefined) {
    return `the coordinator was restored from a backup, and would have this node found a cluster (${wanted})`;
  }
  if (lives === null || lives === wanted || document.retired.includes(lives)) return null;
  return `the coordinator was restored from a backup, and does not know the life that etcd lives here (${lives})`;
}

function later(one: Epoch | null, other: Epoch | null): Epoch | null {
  return (one?.number ?? 0) < (other?.number ?? 0) ? other : one;
}

/** Of JSON values; the order of an object's keys is no difference. */
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

function refuse(why: string): Acceptance {
  return { ok: false, why };
}
