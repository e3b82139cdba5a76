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
import { codeOf, readFailure, writeFailure } from '../file-failure.ts';
import type { FileToWrite, HostFiles, Owner } from '../host.ts';
import { guardFolder } from './guarded-folder.ts';
import { removeTree } from './remove-tree.ts';
import { readTemporaryName, temporaryPath } from './temporary-names.ts';

/** Opens without following a link and without waiting at a pipe: root also reads in folders of etcd's user. */
const unfollowed = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** The machine's files. Whole writes (R9) survive a crash and a power cut at any moment. */
export function hostFiles(): HostFiles {
  const ours = new Set<string>();

  /** Lets `stage` make something under a temporary name, then moves it to `path` in one rename. */
  function putWhole(path: string, stage: (temporary: string) => Promise<void>): Promise<void> {
    return staged(path, async (temporary) => {
      await stage(temporary);
      await rename(temporary, path);
      await syncFolder(dirname(path));
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
    async read(path) {
      try {
        return await readFile(path, 'utf8');
      } catch (error) {
        if (isMissing(error)) return null;
        throw readFailure(path, error);
      }
    },
    async readStart(path, bytes) {
      try {
        const file = await open(path, unfollowed);
        try {
          if (!(await file.stat()).isFile()) return null;
          const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, 0);
          return buffer.subarray(0, bytesRead);
        } finally {
          await file.close();
        }
      } catch (error) {
        if (isMissing(error) || codeOf(error) === 'ELOOP') return null;
        throw readFailure(path, error);
      }
    },
    writeWhole: (file) => putWhole(file.path, (temporary) => writeSynced(temporary, file)),
    rehearseWhole: (file) =>
      staged(file.path, async (temporary) => {
        await writeSynced(temporary, file);
        await rm(temporary);
      }),
    linkWhole: (path, target) => putWhole(path, (temporary) => symlink(target, temporary)),
    async readLink(path) {
      try {
        return await readlink(path);
      } catch (error) {
        // EINVAL: the path exists and is not a link.
        if (isMissing(error) || codeOf(error) === 'EINVAL') return null;
        throw readFailure(path, error);
      }
    },
    async exists(path) {
      try {
        await stat(path);
        return true;
      } catch (error) {
        if (isMissing(error)) return false;
        throw readFailure(path, error);
      }
    },
    async list(path) {
      try {
        return (await readdir(path)).filter((name) => readTemporaryName(name) === undefined).sort();
      } catch (error) {
        if (isMissing(error)) return [];
        throw readFailure(path, error);
      }
    },
    makeFolder: (path, mode, owner) =>
      putWhole(path, async (temporary) => {
        await mkdir(temporary);
        await settle(temporary, mode, owner);
        // A rename would silently replace an empty folder.
        if (await present(path)) throw Object.assign(new Error(`${path} exists already.`), { code: 'EEXIST' });
      }),
    async ensureFolder(path, mode, owner) {
      try {
        await makeMissing(path, mode, owner);
      } catch (error) {
        throw writeFailure(path, error);
      }
    },
    guard: guardFolder,
    remove: (path) => removeSynced(path, (found) => rm(found, { force: true })),
    removeTree: (path) => removeSynced(path, removeTree),
    async move(from, to) {
      try {
        if (await present(to)) throw Object.assign(new Error(`${to} exists already.`), { code: 'EEXIST' });
        await rename(from, to);
        for (const path of [to, from]) await syncFolder(dirname(path));
      } catch (error) {
        throw writeFailure(to, error);
      }
    },
  };
}

async function removeSynced(path: string, remove: (path: string) => Promise<void>): Promise<void> {
  try {
    await remove(path);
    await syncFolder(dirname(path));
  } catch (error) {
    if (!isMissing(error)) throw writeFailure(path, error);
  }
}

async function writeSynced(temporary: string, { content, mode, owner }: FileToWrite): Promise<void> {
  // Only the owner has rights until the file is whole, whatever the umask: it may be a private key.
  const file = await open(temporary, 'wx', 0o600);
  try {
    await file.writeFile(content);
    if (owner !== null) await file.chown(owner.uid, owner.gid);
    await file.chmod(mode);
    await file.sync();
  } finally {
    await file.close();
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
  await syncFolder(parent);
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

/** Only this makes a rename, a new name or a removed name survive a power cut. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function isMissing(error: unknown): boolean {
  return codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR';
}
