import type { DesiredState } from '@picket/shared/protocol/desired-state.ts';
import type { Accepted, Journal } from './model.ts';

export type Acceptance = { readonly ok: true } | { readonly ok: false; readonly why: string };

/**
 * Whether a desired state may be acted on (R5): never one of a lower generation than this node has seen, and never
 * one of another inventory, whose generations count something else. An equal generation is the same state read again.
 */
export function accept(journal: Journal, document: DesiredState, accepted: Accepted | null): Acceptance {
  const inventory = journal.inventory ?? accepted?.document.inventory ?? null;
  if (inventory !== null && inventory !== document.inventory) {
    return refuse(
      `the coordinator speaks for the inventory ${document.inventory}, and this node follows ${inventory}; ` +
        'its last desired state stands until an operator adopts this node again',
    );
  }
  const seen = Math.max(journal.generationSeen, accepted?.document.generation ?? 0);
  if (document.generation < seen) {
    return refuse(
      `the coordinator offers generation ${document.generation}, and this node has seen ${seen}: it was restored ` +
        'from an older copy; the last desired state stands',
    );
  }
  const nodeId = accepted?.document.nodeId ?? document.nodeId;
  if (document.nodeId !== nodeId) {
    return refuse(`the coordinator answered for the node ${document.nodeId}, and this one is ${nodeId}`);
  }
  return { ok: true };
}

function refuse(why: string): Acceptance {
  return { ok: false, why };
}
