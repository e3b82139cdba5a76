import { happening } from '@picket/shared/events/event.ts';
import type { Inventory } from '../inventory/inventory.ts';
import type { Instant } from '../model/instant.ts';

/** When a backup was last made while a coordinator served; null if none is known. */
export interface BackupBook {
  readonly lastAt: () => Instant | null;
  /** Records one that was made. */
  made(parts: number): Promise<void>;
}

export async function openBackupBook({ events }: Pick<Inventory, 'events'>, now: () => Instant): Promise<BackupBook> {
  const { items } = await events.list({ limit: 1, after: null }, null, { kinds: ['backup-made'] });
  let lastAt = items[0]?.at ?? null;
  return {
    lastAt: () => lastAt,
    async made(parts) {
      const at = now();
      lastAt = at;
      await events.append({ at, cluster: null, ...happening('backup-made', { parts }) });
    },
  };
}
