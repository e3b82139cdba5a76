import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { failure } from '@picket/shared/errors.ts';

/** The paths in the data directory. */
export function placesIn(dataDir: string): {
  readonly database: string;
  readonly authority: string;
  readonly server: string;
  readonly snapshots: string;
  readonly releases: string;
} {
  return {
    database: join(dataDir, 'inventory.sqlite'),
    authority: join(dataDir, 'authority'),
    server: join(dataDir, 'server.pem'),
    snapshots: join(dataDir, 'snapshots'),
    releases: join(dataDir, 'releases'),
  };
}

/** The store is opened only if `init` made one: a new one in its place would know none of its nodes (R5). */
export async function requireInitialised(dataDir: string): Promise<void> {
  const { database, authority } = placesIn(dataDir);
  if (await exists(database)) return;
  if (!(await exists(authority))) throw failure('not_initialised', { dataDir });
  throw failure('inventory_unusable', {
    path: database,
    problem: 'it is missing, although the authorities beside it exist',
  });
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
