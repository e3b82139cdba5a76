import { networkInterfaces } from 'node:os';
import { oneAtATime } from '@picket/shared/one-at-a-time.ts';
import type { FastifyBaseLogger } from 'fastify';
import type { BackupConfig } from '../config/config.ts';
import { placesIn } from '../files/data-dir.ts';
import type { Inventory } from '../inventory/inventory.ts';
import type { Instant } from '../model/instant.ts';
import { openBackupBook } from './backup-book.ts';
import { backupKeeper } from './backup-keeper.ts';
import { type BackupDeps, withBackup } from './make-backup.ts';
import { openBackupTargets } from './open-backup-targets.ts';

export interface BackupsDeps extends Pick<BackupDeps, 'config' | 'custody' | 'configFile'> {
  readonly inventory: Pick<Inventory, 'id' | 'events' | 'copyTo'>;
  /** When the last cluster was created; null: there is none. */
  readonly lastClusterAt: () => Instant | null;
  readonly now: () => Instant;
  readonly monotonic: () => number;
  readonly log: Pick<FastifyBaseLogger, 'info' | 'warn'>;
}

export type Backups = Awaited<ReturnType<typeof openBackups>>;

const none: BackupConfig = { targets: [], everyHours: 1, keep: 1, recipients: [] };

/** All backups of a coordinator that serves, one at a time: those that are asked for, and those of its schedule. Throws `backup_unusable`. */
export async function openBackups({ config, custody, configFile, inventory, ...deps }: BackupsDeps) {
  const { backup } = config;
  const book = await openBackupBook(inventory, deps.now);
  const inTurn = oneAtATime();
  const copyStore = (path: string) => inventory.copyTo(path);
  const make = <Result>(use: (archive: string, parts: number) => Promise<Result>) =>
    inTurn(() =>
      withBackup({ config, custody, configFile, copyStore, now: deps.now }, (archive, { parts }) =>
        use(archive, parts.length),
      ),
    );
  const { targets, seal, copies } = await openBackupTargets(backup ?? none, {
    folder: placesIn(config.dataDir).forBoards,
    inventory: inventory.id,
    monotonic: deps.monotonic,
    hasClusters: () => deps.lastClusterAt() !== null,
    isHere: (address) =>
      Object.values(networkInterfaces()).some((found) => found?.some((one) => one.address === address) === true),
    isRecorded: (at) => (book.lastAt() ?? 0) >= at,
    stored: book.stored,
  });
  const keeper = backupKeeper({
    ...deps,
    schedule: backup ?? none,
    targets,
    seal,
    inventory: inventory.id,
    make,
    book,
  });
  return {
    make,
    made: book.made,
    lastAt: book.lastAt,
    schedule: backup
      ? { everyHours: backup.everyHours, keep: backup.keep, encrypted: backup.recipients.length > 0 }
      : null,
    targets: keeper.targets,
    /** null: no board is to have a copy. */
    copies,
    tick: keeper.tick,
    idle: keeper.idle,
    close: keeper.close,
  };
}
