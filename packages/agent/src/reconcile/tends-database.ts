import type { Journal } from '../journal/journal.ts';

/** Whether an order for the upkeep of its database is being carried out: an etcd that defragments answers nobody meanwhile. */
export function tendsDatabase({ lastUpkeep }: Pick<Journal, 'lastUpkeep'>): boolean {
  return lastUpkeep?.outcome === 'begun';
}
