import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { lstat, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { failure } from '@picket/shared/errors.ts';
import { syncToDisk } from '@picket/shared/whole-file.ts';
import { parseDocument } from 'yaml';
import { type Config, configDefaults, readConfig } from '../config/config.ts';
import { placesIn } from '../files/data-dir.ts';
import { writeWholeFile } from '../files/whole-file.ts';
import { openDatabase } from '../inventory/open-database.ts';
import { places } from './places.ts';
import { type Owner, programPath, run } from './run.ts';

/** A coordinator that someone set up elsewhere on this machine. */
export interface FormerPlace {
  readonly config: Config;
  /** Its coordinator.yml. */
  readonly file: string;
}

const { dataDir, passphraseFile } = configDefaults;
/** Where the data is until it is whole. */
export const arriving = `${dataDir}.arriving`;
const asideOf = (folder: string) => `${resolve(folder)}.taken-over`;

/** Reads the coordinator.yml of {@link takeOver}. Throws `take_over_refused`, `config_missing`, `config_invalid`. */
export async function readFormerPlace(file: string): Promise<FormerPlace> {
  const config = await readConfig(file);
  const { dataDir: from, snapshotStore, backup } = config;
  if (from === dataDir) {
    const how = 'Run `picket-coordinator install` without --take-over.';
    throw refused(file, `it is in ${dataDir} already`, how);
  }
  if (!existsSync(placesIn(from).database) && !wasInterrupted(from)) {
    const how = `If ${asideOf(from)} exists, it was taken over before. Otherwise name the coordinator.yml of a coordinator that was set up.`;
    throw refused(file, `${from} has no data of a coordinator`, how);
  }
  const targets = backup?.targets ?? [];
  const stores = [snapshotStore, ...targets.map(({ s3 }) => s3)].flatMap((store) => store ?? []);
  const named = [
    ...[config.installDir, config.etcdutlBinary, snapshotStore?.ageIdentityFile],
    ...stores.flatMap(({ credentialsFile, caFile }) => [credentialsFile, caFile]),
    ...targets.map(({ folder }) => folder),
  ];
  for (const path of named) {
    if (path === undefined || !/^\/(?:home|root|run\/user)\//.test(path)) continue;
    const how = `Move it to /etc/picket, where the user of the service can read it, and name its new path in ${file}.`;
    throw refused(file, `it names ${path}, and a service reads nothing in home folders`, how);
  }
  return { config, file };
}

/** Throws `inventory_locked` while that coordinator runs, and changes nothing. */
export async function requireStopped({ config: { dataDir: from } }: FormerPlace): Promise<void> {
  if (!wasInterrupted(from)) lock(from, await lstat(from))();
}

/**
 * Moves the data of a coordinator to where its service has it. At no moment could both places be served: the former one is
 * renamed before the new one has its name. After a crash, the same call continues. Throws `take_over_refused`, and
 * `inventory_locked` while that coordinator runs.
 */
export async function takeOver(former: FormerPlace): Promise<void> {
  const { config, file } = former;
  const from = config.dataDir;
  if (!wasInterrupted(from)) {
    const owner = await lstat(from);
    const release = lock(from, owner);
    try {
      await copyAs(owner, former);
      const passphrase = await readAs(owner, config.passphraseFile, file);
      await mkdir(dirname(places.config), { recursive: true });
      await writeWholeFile({ path: passphraseFile, content: passphrase, mode: 0o600 });
      await writeWholeFile({ path: places.config, content: await movedConfig(file), mode: 0o644 });
      await rename(from, asideOf(from));
      await syncToDisk(dirname(from));
    } finally {
      release();
    }
  }
  await rename(arriving, dataDir);
  await syncToDisk(dirname(dataDir));
}

/** The former place is gone already, and the new one does not have its name yet. */
function wasInterrupted(from: string): boolean {
  return !existsSync(from) && existsSync(asideOf(from)) && existsSync(arriving) && !existsSync(dataDir);
}

/** Nobody serves or changes the store until the result is called. As its owner: links that he made lead root nowhere. */
function lock(folder: string, { uid, gid }: Owner): () => void {
  const database = asOwner(() => openDatabase(placesIn(folder).database));
  return () => asOwner(() => database.close());

  function asOwner<Result>(act: () => Result): Result {
    process.setegid?.(gid);
    process.seteuid?.(uid);
    try {
      return act();
    } finally {
      process.seteuid?.(0);
      process.setegid?.(0);
    }
  }
}

/** Everything is read with the rights of its owner. */
async function copyAs({ uid, gid }: Owner, { config, file }: FormerPlace): Promise<void> {
  await rm(arriving, { recursive: true, force: true });
  await mkdir(arriving, { mode: 0o700 });
  const env = { PATH: programPath };
  const reader = spawn('tar', ['-C', config.dataDir, '-cf', '-', '.'], {
    ...{ uid, gid, env },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const writer = spawn('tar', ['-C', arriving, '-xof', '-'], { env, stdio: [reader.stdout, 'ignore', 'ignore'] });
  // The writer has it now.
  reader.stdout.destroy();
  const codes = await Promise.all([reader, writer].map(async (child) => (await once(child, 'exit'))[0] as unknown));
  const strange = await otherThanFiles(arriving);
  if (codes.every((code) => code === 0) && strange === null) {
    // Of all that was written: a folder has many files.
    await run('sync', []);
    return;
  }
  await rm(arriving, { recursive: true, force: true });
  if (strange !== null) throw refused(file, `${strange} in its data is neither a file nor a folder`, 'Remove it.');
  const how = `Make sure that its owner can read all of ${config.dataDir}, and that the disk of ${dataDir} has room for it.`;
  throw refused(file, `copying ${config.dataDir} to ${dataDir} failed`, how);
}

async function otherThanFiles(folder: string): Promise<string | null> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const strange = entries.find((entry) => !entry.isFile() && !entry.isDirectory());
  return strange === undefined ? null : strange.name;
}

async function readAs(owner: Owner, path: string, file: string): Promise<string> {
  const { ok, stdout, problem } = await run('cat', [path], { owner });
  if (ok) return stdout;
  throw refused(file, `its passphrase cannot be read from ${path}: ${problem}`, 'Make sure that the file is there.');
}

/** The same settings and comments, for the new place. */
async function movedConfig(file: string): Promise<string> {
  const document = parseDocument(await readFile(file, 'utf8'));
  document.set('dataDir', dataDir);
  document.set('passphraseFile', passphraseFile);
  return document.toString();
}

/** Where the former data is afterwards. */
export function formerDataOf({ config }: FormerPlace): string {
  return asideOf(config.dataDir);
}

function refused(file: string, problem: string, how: string) {
  return failure('take_over_refused', { file, problem, how });
}
