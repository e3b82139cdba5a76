import type { MemberState } from '@picket/shared/protocol/desired-state.ts';
import type { CurrentState } from '../model/model.ts';

/** True if this agent has begun this hold, and the machine was not booted since. */
export function isHeld({ permit }: Pick<MemberState, 'permit'>, { journal: { held }, boot }: CurrentState): boolean {
  return permit?.act === 'hold' && held?.permit === permit.id && held.boot === boot;
}

/**
 * True if etcd stays down because its machine is worked on. That needs no coordinator: it ends with a boot and, by the
 * clock of this node, when the hold has lasted as long as it may (R10).
 */
export function isStoppedForHold(document: Pick<MemberState, 'permit'>, current: CurrentState): boolean {
  const { permit } = document;
  const { held } = current.journal;
  if (permit?.act !== 'hold' || held === null || !held.stopped || !isHeld(document, current)) return false;
  const lasts = current.monotonic - held.since;
  return lasts >= 0 && lasts < permit.forSeconds * 1000;
}
