import { createWriteStream } from 'node:fs';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { failure } from '@picket/shared/errors.ts';
import { KeyCipher } from '@picket/shared/pki/key-cipher.ts';
import { putInPlace } from '@picket/shared/whole-file.ts';
import { parseDocument } from 'yaml';
import { Custody, loadControlAuthority } from '../authority/custody.ts';
import { readPassphrase } from '../authority/passphrase.ts';
import { openRevocationLog } from '../authority/revocation-log.ts';
import { drain, readArchive } from '../backup/archive.ts';
import { configName, databaseName, type ReadManifest, revocationsName } from '../backup/manifest.ts';
import { authenticBy, type JudgeManifest } from '../backup/manifest-mac.ts';
import { markRestored } from '../backup/mark-restored.ts';
import { parseConfig, readConfig, urlOf } from '../config/config.ts';
import { placesIn } from '../files/data-dir.ts';
import { exists } from '../files/exists.ts';
import { requireOwnFolder } from '../files/own-folder.ts';
import { makePrivateDirectory, writeWholeFile } from '../files/whole-file.ts';
import { sealCopy } from '../inventory/copy-database.ts';
import type { OperatorRecord, Restoration } from '../inventory/inventory.ts';
import { openInventory } from '../inventory/open-inventory.ts';
import { requireSame as requireSameSettings } from './first-config.ts';

export interface RestoreOptions {
  readonly file: string;
  /** Written from the backup if it does not exist. */
  readonly configFile: string;
  /** Names or addresses that become the first ones of a coordinator.yml from the backup. */
  readonly hosts?: readonly string[];
  /** Accept a backup without MAC: one of an earlier version, or one from which somebody removed it. */
  readonly withoutMac?: boolean;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly newId: () => string;
}

export interface Restored {
  readonly manifest: ReadManifest;
  /** True if a MAC proved that somebody with the passphrase made the backup. */
  readonly authentic: boolean;
  /** All who can act on the restored coordinator. */
  readonly operators: readonly OperatorRecord[];
  readonly restoration: Restoration;
  readonly dataDir: string;
  /** Where it will be reached. */
  readonly url: string;
  readonly wroteConfig: boolean;
}

/**
 * Puts a backup in place where no coordinator exists, and marks it as restored. The store comes last, in one rename:
 * after an interruption nothing serves, and the same command continues. Existing files stay if they are the same. Keys
 * of later clusters stay too. An existing revocation file is united with that of the backup (R5).
 *
 * Nothing of the backup counts before its MAC is compared (R8), not even where its configuration finds the passphrase: without a
 * configuration on this machine, that is the file `ca-passphrase` beside the place of the configuration. Throws
 * `config_differs`, `backup_not_authentic`, `backup_without_mac`, `inventory_altered`, `backup_damaged`, `coordinator_not_restored`, `config_missing`, `passphrase_missing`, `key_passphrase_wrong`,
 * `inventory_newer`, `inventory_unreleased`, `revocations_damaged`, `folder_of_another_user`.
 */
export async function restore(options: RestoreOptions): Promise<Restored> {
  const { file, configFile, hosts = [], withoutMac = false, now, newId } = options;
  if (!(await exists(file))) throw failure('backup_damaged', { path: file, problem: 'it does not exist' });
  const hasConfig = await exists(configFile);
  if (hasConfig) requireSameSettings(configFile, { hosts }, await readConfig(configFile));
  const passphraseFile = hasConfig
    ? (await readConfig(configFile)).passphraseFile
    : join(dirname(configFile), 'ca-passphrase');
  const passphrase = await readPassphrase(passphraseFile);
  const judge = authenticBy(new KeyCipher(passphrase), { path: file, passphraseFile, withoutMac });
  // The whole archive is read before anything is changed.
  await readArchive(file, judge);
  const wroteConfig = !hasConfig && (await writeConfigOf(file, judge, { configFile, hosts }));
  const config = await readConfig(configFile);
  const { dataDir } = config;
  const { database, authority } = placesIn(dataDir);
  await requireOwnFolder(dataDir);
  await requireNoStore(database, dataDir);
  await makePrivateDirectory(dataDir);
  const staging = join(dataDir, 'restoring');
  await rm(staging, { recursive: true, force: true });
  await makePrivateDirectory(staging);
  const manifest = await unpack(file, judge, staging);
  await loadControlAuthority(new Custody(join(staging, 'authority'), passphrase));
  // Before anything writes to the store: a trigger would act then.
  await sealCopy(join(staging, databaseName), `${databaseName} in ${file}`);
  const prepared = await prepareStore(join(staging, databaseName), manifest, now(), newId());
  // Everything must be in the one file that is renamed, even if closing it could not write its log back.
  await sealCopy(join(staging, databaseName));
  const names = await authorityFilesIn(staging);
  for (const name of names) await requireSame(join(staging, 'authority', name), join(authority, name), dataDir);
  await uniteRevocations(join(staging, revocationsName), join(dataDir, revocationsName));
  for (const name of names) await place(join(staging, 'authority', name), join(authority, name));
  await putInPlace(join(staging, databaseName), database);
  await rm(staging, { recursive: true, force: true });
  return { ...prepared, manifest, authentic: manifest.madeBy !== null, dataDir, url: urlOf(config), wroteConfig };
}

/** SQLite replays a log left by an old store over any store with the same name (R5). */
async function requireNoStore(database: string, dataDir: string): Promise<void> {
  for (const path of [database, ...['-wal', '-shm', '-journal'].map((suffix) => `${database}${suffix}`)]) {
    if (!(await exists(path))) continue;
    throw failure('coordinator_not_restored', {
      dataDir,
      problem: `a coordinator, or a part of one, exists already (${basename(path)})`,
    });
  }
}

async function writeConfigOf(
  file: string,
  judge: JudgeManifest,
  { configFile, hosts }: { readonly configFile: string; readonly hosts: readonly string[] },
): Promise<boolean> {
  let content: string | null = null;
  await readArchive(file, judge, async (name, chunks) => {
    if (name === configName) content = withHosts(await text(chunks), hosts);
    else await drain(name, chunks);
  });
  if (content === null) return false;
  parseConfig(content, configFile);
  await mkdir(dirname(configFile), { recursive: true });
  await writeWholeFile({ path: configFile, content, mode: 0o644 });
  return true;
}

/** The text of coordinator.yml with these in front of its hosts; its comments stay. Pure. */
function withHosts(config: string, hosts: readonly string[]): string {
  if (hosts.length === 0) return config;
  const document = parseDocument(config);
  const former = (document.toJS() as { readonly hosts?: readonly string[] } | null)?.hosts ?? [];
  document.set('hosts', [...new Set([...hosts, ...former])]);
  return document.toString();
}

async function unpack(file: string, judge: JudgeManifest, staging: string): Promise<ReadManifest> {
  return readArchive(file, judge, async (name, content) => {
    const path = join(staging, name);
    await makePrivateDirectory(dirname(path));
    await pipeline(content, createWriteStream(path, { flags: 'wx', mode: 0o600, flush: true }));
  });
}

async function prepareStore(
  path: string,
  manifest: ReadManifest,
  restoredAt: number,
  name: string,
): Promise<Pick<Restored, 'restoration' | 'operators'>> {
  // If the store had another ID than its manifest, nobody would know which inventory's generations it counts.
  const inventory = await openInventory(path, { newId: () => name });
  try {
    if (inventory.id !== manifest.inventory) {
      throw failure('backup_damaged', {
        path,
        problem: `it holds the store ${inventory.id}, not ${manifest.inventory}`,
      });
    }
    const { takenAt, madeBy } = manifest;
    const restoration = await markRestored(inventory, { restoredAt, backupAt: Date.parse(takenAt), madeBy, name });
    return { restoration, operators: await inventory.operators.all() };
  } finally {
    await inventory.close();
  }
}

/** Everything except the revocations, which are united. */
async function authorityFilesIn(staging: string): Promise<string[]> {
  const folder = join(staging, 'authority');
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter((name) => `authority/${name}` !== revocationsName);
}

async function requireSame(wanted: string, path: string, dataDir: string): Promise<void> {
  const found = await readFile(path).catch(() => null);
  if (found === null || found.equals(await readFile(wanted))) return;
  throw failure('coordinator_not_restored', {
    dataDir,
    problem: `${path} exists and differs from the one in the backup`,
  });
}

async function place(from: string, to: string): Promise<void> {
  if (await exists(to)) return;
  await makePrivateDirectory(dirname(to));
  await putInPlace(from, to);
}

/** A certificate that either one lists as revoked stays revoked, whichever of the two is newer. */
async function uniteRevocations(from: string, to: string): Promise<void> {
  if (!(await exists(from))) return;
  const old = await openRevocationLog(from);
  try {
    const kept = await openRevocationLog(to);
    try {
      const known = new Set(kept.found.map(({ serial }) => serial));
      for (const revocation of old.found) if (!known.has(revocation.serial)) await kept.append(revocation);
    } finally {
      await kept.close();
    }
  } finally {
    await old.close();
  }
}
