import { emptyJournal, type Journal } from '@picket/agent/journal/journal.ts';
import type { LocalRelease } from '@picket/agent/journal/local-release.ts';
import { noteRelease } from '@picket/agent/loop/journal-notes.ts';
import type { AcceptedMember } from '@picket/agent/model/model.ts';
import { isStoppedForHold } from '@picket/agent/reconcile/lease.ts';
import type { NodeStatus } from '@picket/shared/protocol/report.ts';

/** The last hold of a node and root's release of it, as its disk has them, with the real agent's decisions. */
export class HoldModel {
  #held: Journal['held'] = null;
  #release: LocalRelease | null = null;
  #boots = 1;

  get permit(): string | null {
    return this.#held?.permit ?? null;
  }

  get #boot(): string {
    return `boot${this.#boots}`;
  }

  reboot(): void {
    this.#boots += 1;
  }

  /** Root ends the hold on this machine. */
  release(): void {
    if (this.#held !== null) this.#release = { id: this.#held.permit, boot: this.#boot, hold: null };
  }

  /** The agent reads what root has ordered. */
  note(): void {
    this.#held = noteRelease(this.#journal(), this.#release, this.#boot).held;
  }

  begin(permit: string, now: number): void {
    this.#held = { permit, boot: this.#boot, since: now, stopped: true };
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
    const order = { seconds: permit.forSeconds, stop: true };
    return { held: { permit: held.permit, rebooted: held.boot !== this.#boot, order } };
  }

  #journal(): Journal {
    return { ...emptyJournal, held: this.#held };
  }
}
