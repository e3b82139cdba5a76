import { type DesiredState, isMemberState } from '@picket/shared/protocol/desired-state.ts';
import type { Accepted, Journal } from './model.ts';

export type Acceptance = { readonly ok: true } | { readonly ok: false; readonly why: string };

/**
 * Whether a desired state may be acted on (R5): never one of a lower generation than this node has seen, and never
 * one of another inventory, whose generations count something else. An equal generation must be the same state read
 * again: one that differs was counted by a coordinator that had lost what it counted before.
 */
export function accept(journal: Journal, document: DesiredState, accepted: Accepted | null): Acceptance {
  const inventory = journal.inventory ?? accepted?.document.inventory ?? null;
  if (inventory !== null && inventory !== document.inventory) {
    return refuse(
      `the coordinator speaks for the inventory ${document.inventory}, and this node follows ${inventory}; ` +
        'its last desired state stands: that another coordinator takes a node over is not built yet',
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
