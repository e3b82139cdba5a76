import type { Epoch } from '@picket/shared/protocol/epoch.ts';
import type { Inventory, Restoration } from '../inventory/inventory.ts';

export type RestorationBoard = Awaited<ReturnType<typeof openRestorationBoard>>;

/** What still needs re-adoption since this store was restored, in memory for every request. */
export async function openRestorationBoard({ restorations }: Pick<Inventory, 'restorations'>) {
  let current = await restorations.find();
  return {
    /** null for a store that was never restored. */
    get current(): Restoration | null {
      return current;
    },
    get epoch(): Epoch | null {
      return current?.epoch ?? null;
    },
    /** True if nothing is issued or published to this node. */
    awaits: (nodeId: string): boolean => current?.awaited.includes(nodeId) === true,
    /** True if the progress of this cluster is still that of the backup. */
    rests: (cluster: string): boolean => current?.frozen.includes(cluster) === true,
    /** Reads it again after a transaction has changed it. */
    async refresh(): Promise<void> {
      current = await restorations.find();
    },
  };
}
