import type { Journal } from '../journal/journal.ts';

/** True while an order for maintenance is being carried out: etcd answers nobody while it defragments. */
export function tendsDatabase({ lastMaintenance }: Pick<Journal, 'lastMaintenance'>): boolean {
  return lastMaintenance?.outcome === 'begun';
}
