import { copyFile, readdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { isoTime } from '@picket/shared/iso-time.ts';
import type { Custody } from '../authority/custody.ts';
import { type Config, urlOf } from '../config/config.ts';
import { placesIn } from '../files/data-dir.ts';
import { measure } from '../files/measure.ts';
import { makePrivateDirectory } from '../files/whole-file.ts';
import { sealCopy } from '../inventory/copy-database.ts';
import { version } from '../model/own-version.ts';
import { readArchive, writeArchive } from './archive.ts';
import { configName, databaseName, isPartName, type Manifest, type ReadManifest } from './manifest.ts';
import { authenticBy } from './manifest-mac.ts';

export interface BackupDeps {
  readonly config: Config;
  /** With the passphrase that opens the keys in the backup. */
  readonly custody: Custody;
  /** The path of coordinator.yml; one that does not exist is in no backup. */
  readonly configFile: string;
  /** Copies the store, as of one moment, to this path. */
  readonly copyStore: (path: string) => Promise<void>;
  readonly now: () => number;
}

/**
 * Makes an archive of all that a coordinator needs except its passphrase, in a folder within `dataDir`. Verifies the
 * archive and passes its path on; afterwards removes the folder. One at a time. Leaves out the server certificate with
 * its unencrypted key: a restored coordinator makes itself another, so a stolen backup opens no connection (R11).
 * Throws what copying the store throws, `inventory_altered`, and `backup_damaged`.
 */
export async function withBackup<Result>(
  deps: BackupDeps,
  use: (archive: string, manifest: ReadManifest) => Promise<Result>,
): Promise<Result> {
  const { config, custody, now } = deps;
  const { dataDir, passphraseFile } = config;
  const folder = join(dataDir, 'backing-up');
  await rm(folder, { recursive: true, force: true });
  await makePrivateDirectory(folder);
  try {
    const takenAt = isoTime(now());
    // The store first: all keys and revocations that it refers to were on the disk before (R12).
    await deps.copyStore(join(folder, databaseName));
    const { inventory, auditHead } = await sealCopy(join(folder, databaseName));
    const sources = new Map([[databaseName, join(folder, databaseName)], ...(await authorityFiles(dataDir, folder))]);
    const hasConfig = await copyFile(deps.configFile, join(folder, configName)).then(
      () => true,
      () => false,
    );
    if (hasConfig) sources.set(configName, join(folder, configName));
    const pathOf = (part: string): string => sources.get(part) ?? '';
    const parts: Manifest['parts'] = [];
    for (const [name, path] of sources) parts.push({ name, ...(await measure(path)) });
    const archive = join(folder, 'backup.tar.gz');
    const madeBy = { host: hostname(), url: urlOf(config) };
    const manifest: Manifest = { format: 2, madeBy, version, inventory, takenAt, auditHead, parts };
    await writeArchive(archive, manifest, { keys: custody.cipher, pathOf });
    const judge = authenticBy(custody.cipher, { path: archive, passphraseFile, withoutMac: false });
    return await use(archive, await readArchive(archive, judge));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Key folders are made whole and never changed. The two files that grow are copied first, so that they match their
 * hashes. Other files are left out: one may be the passphrase.
 */
async function authorityFiles(dataDir: string, folder: string): Promise<[string, string][]> {
  const { authority } = placesIn(dataDir);
  const found: [string, string][] = [];
  for (const entry of await readdir(authority, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const name = `authority/${relative(authority, path)}`;
    if (!entry.isFile() || !isPartName(name)) continue;
    if (dirname(path) !== authority) {
      found.push([name, path]);
      continue;
    }
    await copyFile(path, join(folder, entry.name));
    found.push([name, join(folder, entry.name)]);
  }
  return found;
}
