import type { Migration } from 'kysely/migration';
import { initial } from './0001-initial.ts';
import { identityKeys } from './0002-identity-keys.ts';
import { clientNodes } from './0003-client-nodes.ts';
import { revisions } from './0004-revisions.ts';
import { snapshots } from './0005-snapshots.ts';
import { snapshotObjects } from './0007-snapshot-objects.ts';
import { retention } from './0009-retention.ts';

/** Every migration by name, in order. One that has been released is never changed again. */
export const migrations: Readonly<Record<string, Migration>> = {
  '0001-initial': initial,
  '0002-identity-keys': identityKeys,
  '0003-client-nodes': clientNodes,
  '0004-revisions': revisions,
  '0005-snapshots': snapshots,
  '0007-snapshot-objects': snapshotObjects,
  '0009-retention': retention,
};
