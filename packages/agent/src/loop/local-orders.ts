import type { Journal } from '../journal/journal.ts';
import { type LocalOrder, readLocalOrder } from '../journal/local-order.ts';
import { type Accepted, isMember } from '../model/model.ts';
import { withHoldAlone } from '../reconcile/hold-alone.ts';
import type { Agent } from './agent.ts';
import { attemptNote } from './journal-notes.ts';

/**
 * What this node should have, with what root on this machine has ordered without a coordinator.
 *
 * @param accepted what is in force, see `inForce`
 */
export async function withLocalOrder(
  { deps: { host, paths }, journal, memory }: Agent,
  accepted: Accepted | null,
): Promise<Accepted | null> {
  // A disk that cannot be read must not keep the agent from its other work.
  const order = await readLocalOrder(host.files, paths.stateDir).catch(() => null);
  await attemptNote(() => journal.update((before) => noteHold(before, accepted, order, host.boot)));
  const { began, accepted: told, coordinatorTime } = memory.current;
  return withHoldAlone(accepted, {
    journal: journal.current(),
    order,
    boot: host.boot,
    monotonic: host.clock.monotonic(),
    heardAt: Math.max(began, told?.requestedAt ?? began, coordinatorTime?.monotonic ?? began),
  });
}

/**
 * A hold that the coordinator knows by now is the coordinator's from here on: it ends when the desired state no longer has
 * its permit. One that root has released, or that the coordinator calls over, keeps etcd down no longer.
 */
export function noteHold(
  before: Journal,
  accepted: Accepted | null,
  order: LocalOrder | null,
  boot: string | null,
): Journal {
  if (before.held === null) return before;
  const { alone, ...held } = before.held;
  const isReleased = order !== null && order.hold === null && order.id === held.permit && order.boot === boot;
  const told = accepted !== null && isMember(accepted) ? accepted.document : null;
  if (isReleased || told?.endedHold === held.permit) return { ...before, held: { ...held, stopped: false } };
  const isKnown = told?.permit?.id === held.permit;
  return alone !== undefined && isKnown ? { ...before, held } : before;
}
