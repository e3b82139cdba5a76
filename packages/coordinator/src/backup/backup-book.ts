import { happening } from '@picket/shared/events/event.ts';
import type { AnyReason } from '@picket/shared/reasons/reason.ts';
import type { Inventory } from '../inventory/inventory.ts';
import type { Instant } from '../model/instant.ts';
import { aheadMs } from './stored-backup.ts';

export type BackupBook = Awaited<ReturnType<typeof openBackupBook>>;

export async function openBackupBook({ events }: Pick<Inventory, 'events'>, now: () => Instant) {
  const { items } = await events.list({ limit: 1, after: null }, null, {
    kinds: ['backup-made', 'backup-stored'],
  });
  let lastAt = items[0]?.at ?? null;
  const append = (at: Instant, told: ReturnType<typeof happening>) => events.append({ at, cluster: null, ...told });
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
      await append(at, happening('backup-made', { parts }));
    },
    /** Records that one, made then, is stored there. Boards may fetch it much later. */
    async stored(target: string, bytes: number, madeAt: Instant) {
      lastAt = Math.max(lastAt ?? 0, madeAt);
      await append(now(), happening('backup-stored', { target, bytes }));
    },
    /** Records that the first attempt since the last one that worked has failed. */
    async notStored(target: string, why: AnyReason) {
      await append(now(), happening('backup-not-stored', { target, why }));
    },
  };
}
