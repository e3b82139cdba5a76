import { join } from 'node:path';
import { placesIn } from '@picket/coordinator/files/data-dir.ts';
import type { Inventory } from '@picket/coordinator/inventory/inventory.ts';
import { openInventory } from '@picket/coordinator/inventory/open-inventory.ts';
import { newId } from '@picket/coordinator/random-names.ts';
import type { Fleet } from './fleet.ts';

/** What a test does to the store of a coordinator that is stopped for it: the API lets nobody do this. */
export async function changeStore(fleet: Fleet, change: (inventory: Inventory) => Promise<void>): Promise<void> {
  await fleet.stopCoordinator();
  const inventory = await openInventory(placesIn(join(fleet.folder, 'coordinator')).database, { newId });
  try {
    await change(inventory);
  } finally {
    await inventory.close();
  }
  await fleet.startCoordinator();
}

/** The API takes whole hours, and no operator should ask for less. */
export async function setLeafLifetime({ clusters }: Inventory, cluster: string, seconds: number): Promise<void> {
  const record = await clusters.find(cluster);
  if (record === null) throw new Error(`no cluster ${cluster}`);
  const { revision } = record.spec;
  const spec = { ...record.spec, revision: revision + 1, leafLifetimeHours: seconds / 3600 };
  await clusters.keepSpec(cluster, revision, spec);
}
