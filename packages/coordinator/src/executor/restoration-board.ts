import type { Epoch } from '@picket/shared/protocol/epoch.ts';
import type { Inventory, Restoration } from '../inventory/inventory.ts';

/** What still needs re-adoption since this store was restored, in memory for every request. */
export class RestorationBoard {
  readonly #inventory: Pick<Inventory, 'restorations'>;
  #current: Restoration | null;

  private constructor(inventory: Pick<Inventory, 'restorations'>, current: Restoration | null) {
    this.#inventory = inventory;
    this.#current = current;
  }

  static async open(inventory: Pick<Inventory, 'restorations'>): Promise<RestorationBoard> {
    return new RestorationBoard(inventory, await inventory.restorations.find());
  }

  /** null for a store that was never restored. */
  get current(): Restoration | null {
    return this.#current;
  }

  get epoch(): Epoch | null {
    return this.#current?.epoch ?? null;
  }

  /** True if nothing is issued or published to this node. */
  awaits(nodeId: string): boolean {
    return this.#current?.awaited.includes(nodeId) === true;
  }

  /** True if the progress of this cluster is still that of the backup. */
  rests(cluster: string): boolean {
    return this.#current?.frozen.includes(cluster) === true;
  }

  /** Reads it again after a transaction has changed it. */
  async refresh(): Promise<void> {
    this.#current = await this.#inventory.restorations.find();
  }
}
