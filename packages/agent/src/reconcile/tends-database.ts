import type { Journal } from '../journal/journal.ts';

/** Whether an order for the maintenance of its database is being carried out: an etcd that defragments answers nobody meanwhile. */
export function tendsDatabase({ lastMaintenance }: Pick<Journal, 'lastMaintenance'>): boolean {
  return lastMaintenance?.outcome === 'begun';
}
