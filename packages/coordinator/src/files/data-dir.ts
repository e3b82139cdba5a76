import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { failure } from '@picket/shared/errors.ts';

/** The paths in the data directory. */
export function placesIn(dataDir: string) {
  return {
    database: join(dataDir, 'inventory.sqlite'),
    authority: join(dataDir, 'authority'),
    server: join(dataDir, 'server.pem'),
    snapshots: join(dataDir, 'snapshots'),
    releases: join(dataDir, 'releases'),
    rehearsal: join(dataDir, 'rehearsal'),
    forBoards: join(dataDir, 'backup-for-boards'),
  };
}

/** The store is opened only if `init` made one: a new one in its place would know none of its nodes (R5). */
export function requireInitialised(dataDir: string): void {
  const { database, authority } = placesIn(dataDir);
  if (existsSync(database)) return;
  if (!existsSync(authority)) throw failure('not_initialised', { dataDir });
  throw failure('inventory_unusable', {
    path: database,
    problem: 'it is missing, although the authorities beside it exist',
  });
}
