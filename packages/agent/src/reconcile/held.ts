import type { MemberState } from '@picket/shared/protocol/desired-state.ts';
import type { CurrentState } from '../model/model.ts';

/**
 * True if etcd stays down because its machine is worked on. That needs no coordinator: it ends with a boot and, by the
 * clock of this node, when the hold has lasted as long as it may (R10).
 */
export function isStoppedForHold(
  { permit }: Pick<MemberState, 'permit'>,
  { journal: { held }, boot, monotonic }: CurrentState,
): boolean {
  if (held === null || !held.stopped || held.boot !== boot) return false;
  const isPermitted = permit?.act === 'hold' && permit.id === held.permit;
  const seconds = isPermitted ? permit.forSeconds : held.alone?.seconds;
  const lasts = monotonic - held.since;
  return seconds !== undefined && lasts >= 0 && lasts < seconds * 1000;
}
