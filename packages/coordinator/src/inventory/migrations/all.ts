import type { Migration } from 'kysely/migration';
import { initial } from './0020-initial.ts';
import { oneWord } from './0021-one-word.ts';
import { importedSnapshots } from './0022-imported-snapshots.ts';

/**
 * Every migration by name, in order. A migration that has landed is never edited. Those with a lower number than the first of these
 * were never released.
 */
export const migrations: Readonly<Record<string, Migration>> = {
  '0020-initial': initial,
  '0021-one-word': oneWord,
  '0022-imported-snapshots': importedSnapshots,
};
