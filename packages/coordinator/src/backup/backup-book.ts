import { happening } from '@picket/shared/events/event.ts';
import type { Inventory } from '../inventory/inventory.ts';
import type { Instant } from '../model/instant.ts';

/** A clock that was ahead by no more than this makes no difference to the age of a backup. */
const aheadMs = 86_400_000;

export type BackupBook = Awaited<ReturnType<typeof openBackupBook>>;

export async function openBackupBook({ events }: Pick<Inventory, 'events'>, now: () => Instant) {
  const { items } = await events.list({ limit: 1, after: null }, null, { kinds: ['backup-made'] });
  let lastAt = items[0]?.at ?? null;
  return {
    /**
     * When a backup was last made while a coordinator served; null if that is not known: there is none, or the clock was far
     * ahead when it was made, so that it would seem new for long.
     */
    lastAt: () => (lastAt !== null && lastAt - now() > aheadMs ? null : lastAt),
    /** Records one that was made. */
    async made(parts: number) {
      const at = now();
      lastAt = at;
      await events.append({ at, cluster: null, ...happening('backup-made', { parts }) });
    },
  };
}
