import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { doublingPauseMs } from '@picket/shared/backoff.ts';
import { reasonOf } from '@picket/shared/errors.ts';
import { isoTimeOrNull } from '@picket/shared/iso-time.ts';
import type { BackupTargetView } from '@picket/shared/protocol/backups.ts';
import type { WithoutMessages } from '@picket/shared/protocol/rendered.ts';
import type { AnyReason } from '@picket/shared/reasons/reason.ts';
import type { FastifyBaseLogger } from 'fastify';
import type { BackupConfig } from '../config/config.ts';
import { measure } from '../files/measure.ts';
import type { Instant } from '../model/instant.ts';
import type { ageEncrypter } from '../snapshots/age-cipher.ts';
import type { BackupBook } from './backup-book.ts';
import { backupName, backupsIn, isSealed, newestOf, type StoredBackup, superfluous } from './stored-backup.ts';
import type { BackupFile, BackupTarget } from './target.ts';

/** Makes an archive, and passes its path on while it exists. */
export type MakeBackup = <Result>(use: (archive: string) => Promise<Result>) => Promise<Result>;

export interface BackupKeeperDeps {
  readonly schedule: Pick<BackupConfig, 'everyHours' | 'keep'>;
  readonly targets: readonly BackupTarget[];
  /** null: backups are stored as they are. */
  readonly seal: Awaited<ReturnType<typeof ageEncrypter>> | null;
  /** The ID of the store. */
  readonly inventory: string;
  readonly make: MakeBackup;
  /** When the last cluster was created, whose keys no earlier backup has; null: there is none. */
  readonly lastClusterAt: () => Instant | null;
  readonly book: Pick<BackupBook, 'stored' | 'notStored'>;
  readonly now: () => Instant;
  readonly monotonic: () => number;
  readonly log: Pick<FastifyBaseLogger, 'info' | 'warn'>;
}

interface Place {
  readonly target: BackupTarget;
  /** Those in it, the newest first; null: it was not looked at yet. */
  stored: readonly StoredBackup[] | null;
  /** The attempts that failed since the last one that worked. */
  failure: { readonly reason: AnyReason; readonly count: number; readonly nextAt: number } | null;
}

const hourMs = 3_600_000;
const firstPauseMs = 60_000;

/**
 * Stores a backup in each target when its newest one there is old enough, lacks the keys of a cluster, or is not encrypted as it should be. What is in a target
 * counts, and not what this store remembers of it.
 */
export function backupKeeper(deps: BackupKeeperDeps) {
  const { schedule, seal, inventory, make, book, now, monotonic, log } = deps;
  const places = deps.targets.map((target): Place => ({ target, stored: null, failure: null }));
  let isClosing = false;
  let running: Promise<void> | null = null;

  function isDue({ stored, failure }: Place): boolean {
    if (failure !== null && monotonic() < failure.nextAt) return false;
    if (stored === null) return true;
    const at = now();
    const newest = newestOf(stored, at);
    if (newest === null || at - newest.at >= schedule.everyHours * hourMs) return true;
    // The first one after an operator has named for whom backups are encrypted.
    if (seal !== null && !isSealed(newest)) return true;
    const cluster = deps.lastClusterAt();
    return cluster !== null && cluster <= at && cluster > newest.at;
  }

  async function failed(place: Place, error: unknown): Promise<void> {
    if (isClosing) return;
    const why = reasonOf(error);
    const count = (place.failure?.count ?? 0) + 1;
    place.failure = { reason: why, count, nextAt: monotonic() + doublingPauseMs(count, firstPauseMs, hourMs) };
    const { name: target } = place.target;
    log.warn({ err: error, target, count }, 'no backup was stored');
    if (count === 1) await book.notStored(target, why);
  }

  /** Looks at what is there, and whether one is to be made. */
  async function lookAt(place: Place): Promise<void> {
    if (place.stored !== null) return;
    try {
      place.stored = backupsIn(await place.target.list(), inventory);
    } catch (error) {
      await failed(place, error);
    }
  }

  async function store(place: Place, name: string, at: Instant, file: BackupFile): Promise<void> {
    const { target } = place;
    try {
      await target.put(name, file);
      const stored = [{ name, at }, ...(place.stored ?? [])].sort((one, other) => other.at - one.at);
      place.stored = stored;
      place.failure = null;
      log.info({ target: target.name, name, bytes: file.sizeBytes }, 'a backup was stored');
      // Others fetch it from there, and it counts once one has it.
      if (target.boards === undefined) await book.stored(target.name, file.sizeBytes, at);
      for (const old of superfluous(stored, name, Math.min(schedule.keep, target.mostKept ?? schedule.keep))) {
        await target.remove(old.name);
        place.stored = place.stored.filter(({ name: one }) => one !== old.name);
      }
    } catch (error) {
      await failed(place, error);
    }
  }

  async function sealed(archive: string): Promise<string> {
    if (seal === null) return archive;
    const path = `${archive}.age`;
    const { content } = await seal(createReadStream(archive));
    await pipeline(content, createWriteStream(path, { flags: 'wx', mode: 0o600 }));
    return path;
  }

  async function run(wanted: readonly Place[]): Promise<void> {
    for (const place of wanted) await lookAt(place);
    const due = wanted.filter(isDue);
    if (due.length === 0 || isClosing) return;
    try {
      // The second is in its name, and the next one gets another name.
      const at = Math.floor(now() / 1000) * 1000;
      await make(async (archive) => {
        const path = await sealed(archive);
        const { bytes: sizeBytes, sha256 } = await measure(path);
        const name = backupName(inventory, at, seal !== null);
        for (const place of due) await store(place, name, at, { path, sizeBytes, sha256 });
      });
    } catch (error) {
      for (const place of due) await failed(place, error);
    }
  }

  return {
    /** Begins what is due, and does not wait for it. */
    tick(): void {
      if (running !== null || isClosing) return;
      const due = places.filter(isDue);
      if (due.length === 0) return;
      running = run(due)
        .catch((error: unknown) => log.warn({ err: error }, 'what became of a backup has no event'))
        .finally(() => {
          running = null;
        });
    },

    /** Resolves once nothing runs. */
    idle: async () => (await running) ?? undefined,

    targets: (): readonly WithoutMessages<BackupTargetView>[] =>
      places.map(({ target, stored, failure }) => {
        const shortfall = target.shortfall?.() ?? null;
        const boards = target.boards?.();
        const there = boards?.held.length === 0 ? [] : stored;
        return {
          target: target.name,
          lastAt: isoTimeOrNull(there === null ? null : (newestOf(there, now())?.at ?? null)),
          count: there?.length ?? null,
          ...(boards === undefined ? {} : { boards: { ...boards, held: [...boards.held] } }),
          failure:
            failure !== null
              ? { reason: failure.reason, count: failure.count }
              : shortfall && { reason: reasonOf(shortfall), count: 1 },
        };
      }),

    /** Breaks off what runs. */
    async close(): Promise<void> {
      isClosing = true;
      for (const { target } of places) target.close();
      await running;
    },
  };
}
