import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { placesIn } from '../files/data-dir.ts';
import { freeBytesOf } from '../files/disk-room.ts';
import type { Instant } from '../model/instant.ts';
import { version } from '../model/own-version.ts';
import type { OwnFigures } from './coordinator-samples.ts';

/** What this process and its data directory say of themselves now; what cannot be read is left out. */
export async function ownFigures(dataDir: string, startedAt: Instant): Promise<OwnFigures> {
  const { database } = placesIn(dataDir);
  const sizes = await Promise.all([database, `${database}-wal`].map(sizeOf));
  const { user, system } = process.cpuUsage();
  return {
    version,
    startedAt,
    cpuSeconds: (user + system) / 1_000_000,
    residentBytes: process.memoryUsage.rss(),
    storeBytes: Object.fromEntries(sizes.flat()),
    freeBytes: await freeBytesOf(dataDir).catch(() => null),
  };
}

/** SQLite's write-ahead log is there only while it is needed. */
async function sizeOf(path: string): Promise<readonly (readonly [name: string, bytes: number])[]> {
  return stat(path).then(
    ({ size }) => [[basename(path), size] as const],
    () => [],
  );
}
