import { emptyJournal, type Journal } from '@picket/agent/journal/journal.ts';
import type { LocalOrder } from '@picket/agent/journal/local-order.ts';
import { noteHold } from '@picket/agent/loop/local-orders.ts';
import type { Accepted, AcceptedMember } from '@picket/agent/model/model.ts';
import { isStoppedForHold } from '@picket/agent/reconcile/held.ts';
import type { NodeStatus } from '@picket/shared/protocol/report.ts';
import { holdSeconds } from './desired-state-model.ts';
import type { AgentGuards } from './guards.ts';

/** The last hold of a node and the last order of root on it, as its disk has them, with the real agent's decisions. */
export class HoldModel {
  #held: Journal['held'] = null;
  #order: LocalOrder | null = null;
  #boots = 1;
  #orders = 0;
  readonly #guards: AgentGuards;

  constructor(guards: AgentGuards) {
    this.#guards = guards;
  }

  get permit(): string | null {
    return this.#held?.permit ?? null;
  }

  get #boot(): string {
    return `boot${this.#boots}`;
  }

  reboot(): void {
    this.#boots += 1;
  }

  /** Root orders a hold without a coordinator. */
  order(node: string, now: number): void {
    this.#orders += 1;
    const hold = { seconds: holdSeconds, stop: true, why: null };
    this.#order = { id: `alone-${node}-${this.#orders}`, boot: this.#boot, at: now, hold };
  }

  /** Root ends it. */
  release(now: number): void {
    if (this.#held !== null) this.#order = { id: this.#held.permit, boot: this.#boot, at: now, hold: null };
  }

  /** What the coordinator wants, with what root has ordered. */
  with(accepted: Accepted, now: number, heardAt: number): Accepted {
    const facts = { order: this.#order, boot: this.#boot, monotonic: now, heardAt };
    return this.#guards.withHoldAlone(accepted, { ...facts, journal: this.#journal() }) ?? accepted;
  }

  /** Notes what the coordinator, or root, says of a hold that has begun. */
  note(accepted: Accepted): void {
    this.#held = noteHold(this.#journal(), accepted, this.#order, this.#boot).held;
  }

  begin(permit: string, now: number, alone: Accepted['holdAlone']): void {
    this.#held = {
      ...{ permit, boot: this.#boot, since: now, stopped: true },
      ...(alone === undefined ? {} : { alone }),
    };
  }

  /** Its etcd is stopped, as an operator has ordered. */
  isDown({ document }: AcceptedMember, now: number): boolean {
    const current = { journal: this.#journal(), boot: this.#boot, monotonic: now };
    return isStoppedForHold(document, current as Parameters<typeof isStoppedForHold>[1]);
  }

  /** As `report-status.ts` reports it. */
  report(accepted: AcceptedMember | null): Pick<NodeStatus['service'], 'held'> {
    const permit = accepted?.document.permit ?? null;
    const held = this.#held;
    if (held === null || permit?.act !== 'hold' || held.permit !== permit.id) return {};
    const alone = held.alone === undefined ? {} : { alone: { why: held.alone.why } };
    const order = { seconds: holdSeconds, stop: true, ...alone };
    return { held: { permit: held.permit, rebooted: held.boot !== this.#boot, order } };
  }

  #journal(): Journal {
    return { ...emptyJournal, held: this.#held };
  }
}
