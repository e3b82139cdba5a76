import { constants } from 'node:fs';
import {
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  rmdir,
  stat,
  symlink,
  unlink,
} from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { putInPlace, syncToDisk, writeSynced } from '@picket/shared/whole-file.ts';
import { codeOf, isMissing, readFailure, writeFailure } from '../file-failure.ts';
import type { HostFiles, Owner } from '../host.ts';
import { readPart, startOf, unfollowed } from '../read-part.ts';
import { guardFolder } from './guarded-folder.ts';
import { removeTree } from './remove-tree.ts';
import { readTemporaryName, temporaryPath } from './temporary-names.ts';

/** The machine's files. Whole writes (R9) survive a crash and a power cut at any moment. */
export function hostFiles(): HostFiles {
  const ours = new Set<string>();

  /** Lets `stage` make something under a temporary name, then moves it to `path` in one rename. */
  function putWhole(path: string, stage: (temporary: string) => Promise<void>): Promise<void> {
    return staged(path, async (temporary) => {
      await stage(temporary);
      await putInPlace(temporary, path);
    });
  }

  async function staged(path: string, work: (temporary: string) => Promise<void>): Promise<void> {
    const temporary = temporaryPath(path, process.pid);
    ours.add(temporary);
    try {
      await removeLeftovers(path, ours);
      await work(temporary);
    } catch (error) {
      await removeOne(temporary);
      throw writeFailure(path, error);
    } finally {
      ours.delete(temporary);
    }
  }

  return {
    read: (path) => reading(path, null, () => readFile(path, 'utf8')),
    async readStart(path, bytes) {
      const read = () => readPart(path, unfollowed, (found) => startOf(found, bytes));
      return (await reading(path, null, read, 'ELOOP'))?.octets ?? null;
    },
    writeWhole: (file) => putWhole(file.path, (temporary) => writeSynced({ ...file, path: temporary })),
    rehearseWhole: (file) =>
      staged(file.path, async (temporary) => {
        await writeSynced({ ...file, path: temporary });
        await rm(temporary);
      }),
    linkWhole: (path, target) => putWhole(path, (temporary) => symlink(target, temporary)),
    // EINVAL: the path exists and is not a link.
    readLink: (path) => reading(path, null, () => readlink(path), 'EINVAL'),
    exists: (path) => reading(path, false, () => stat(path).then(() => true)),
    list: (path) =>
      reading(path, [], async () =>
        (await readdir(path)).filter((name) => readTemporaryName(name) === undefined).sort(),
      ),
    makeFolder: (path, mode, owner) =>
      putWhole(path, async (temporary) => {
        await mkdir(temporary);
        await settle(temporary, mode, owner);
        // A rename would silently replace an empty folder.
        await requireAbsent(path);
      }),
    ensureFolder: (path, mode, owner) => writing(path, () => makeMissing(path, mode, owner)),
    guard: guardFolder,
    remove: (path) => removeSynced(path, (found) => rm(found, { force: true })),
    removeTree: (path) => removeSynced(path, removeTree),
    move: (from, to) =>
      writing(to, async () => {
        await requireAbsent(to);
        await rename(from, to);
        for (const path of [to, from]) await syncToDisk(dirname(path));
      }),
  };
}

/** Throws `path_not_readable`. @param alike codes of errors that mean the same as a missing path */
async function reading<Found, Missing>(
  path: string,
  ifMissing: Missing,
  read: () => Promise<Found>,
  ...alike: readonly string[]
): Promise<Found | Missing> {
  try {
    return await read();
  } catch (error) {
    if (isMissing(error) || alike.includes(codeOf(error) ?? '')) return ifMissing;
    throw readFailure(path, error);
  }
}

/** Throws `disk_full`, `path_not_writable`. */
async function writing(path: string, work: () => Promise<void>): Promise<void> {
  await work().catch((error: unknown) => {
    throw writeFailure(path, error);
  });
}

async function removeSynced(path: string, remove: (path: string) => Promise<void>): Promise<void> {
  try {
    await remove(path);
    await syncToDisk(dirname(path));
  } catch (error) {
    if (!isMissing(error)) throw writeFailure(path, error);
  }
}

/** Removes what crashed writers of this target have left beside it. */
async function removeLeftovers(path: string, ours: ReadonlySet<string>): Promise<void> {
  const folder = dirname(path);
  for (const name of await readdir(folder)) {
    const leftover = readTemporaryName(name);
    if (leftover?.target !== basename(path)) continue;
    const found = join(folder, name);
    if (leftover.pid === process.pid ? ours.has(found) : isAlive(leftover.pid)) continue;
    await removeOne(found);
  }
}

/**
 * Removes what a writer made: a file, a link or an empty folder. It leaves a full folder: no writer makes one, and its
 * owner could lead root elsewhere while root empties it.
 */
async function removeOne(path: string): Promise<void> {
  await unlink(path)
    .catch(() => rmdir(path))
    .catch(() => undefined);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) !== 'ESRCH';
  }
}

async function makeMissing(path: string, mode: number, owner: Owner | null): Promise<void> {
  if (await present(path)) return;
  const parent = dirname(path);
  await makeMissing(parent, 0o755, null);
  try {
    await mkdir(path);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return;
    throw error;
  }
  try {
    await settle(path, mode, owner);
  } catch (error) {
    // Otherwise the next call would take a folder with the wrong owner for a finished one.
    await rmdir(path).catch(() => {});
    throw error;
  }
  await syncToDisk(parent);
}

/**
 * The umask limits mkdir's own mode, so the mode is set afterwards. It is set on the open folder, so that a link put in
 * its place meanwhile has no effect.
 */
async function settle(path: string, mode: number, owner: Owner | null): Promise<void> {
  const made = await open(path, unfollowed | constants.O_DIRECTORY);
  try {
    if (owner !== null) await made.chown(owner.uid, owner.gid);
    await made.chmod(mode);
    await made.sync();
  } finally {
    await made.close();
  }
}

/** True if anything has this name, even a dangling link. */
async function present(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

async function requireAbsent(path: string): Promise<void> {
  if (await present(path)) throw Object.assign(new Error(`${path} exists already.`), { code: 'EEXIST' });
}
