import { chmod, chown, constants, lchown, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { failure } from '@picket/shared/errors.ts';
import { codeOf } from '../file-failure.ts';
import type { Owner } from '../host.ts';
import { problemOf, runAs } from '../run-as.ts';
import { syncFolder } from './files.ts';

/** A program that makes a data directory from a snapshot. */
export interface RestoreRequest {
  readonly id: string;
  /** The snapshot. */
  readonly file: string;
  /** The data directory to make; it must not exist. */
  readonly folder: string;
  readonly owner: Owner | null;
  readonly name: string;
  readonly peerUrl: string;
  readonly token: string;
}

/** An hour: on an SD card, a database of gigabytes takes minutes. */
const patienceMs = 3_600_000;
/**
 * The value from etcd's documentation: more revisions than any cluster writes between two snapshots, so no revision
 * occurs twice.
 */
const revisionBump = 1_000_000_000;
const besideSuffix = '.restoring';

/**
 * Makes the data directory of a cluster of one from a snapshot; the program checks the snapshot's hash. The new
 * revision is far above that of the snapshot, and everything earlier is marked as compacted. So etcd cancels old
 * watches, and clients notice that data went back in time. The program runs as etcd's user and writes where that user
 * may. The data directory is complete on the disk, or it does not exist (R4, R9). Throws `restore_failed`.
 */
export async function restoreDataDir(program: string, request: RestoreRequest): Promise<void> {
  const { id, file, folder, owner, name, peerUrl, token } = request;
  await removeLeftovers(folder);
  // After a crash of an agent, its program may still run and write to its folder, so each agent uses another folder.
  const beside = `${folder}${besideSuffix}-${process.pid}`;
  try {
    await mkdir(beside, { mode: 0o700 });
    if (owner !== null) {
      await chown(beside, owner.uid, owner.gid);
      await letRead(file, owner);
    }
    const args = [
      ...['snapshot', 'restore', file, '--data-dir', beside, '--name', name],
      ...['--initial-cluster', `${name}=${peerUrl}`, '--initial-advertise-peer-urls', peerUrl],
      ...['--initial-cluster-token', token, '--bump-revision', String(revisionBump), '--mark-compacted'],
    ];
    const ended = await runAs(program, args, { owner, patienceMs });
    if (ended.error !== null) {
      throw failure('restore_failed', { id, problem: `${program} says: ${problemOf(ended)}` }, { cause: ended.error });
    }
    await syncAll(beside);
    await rename(beside, folder);
  } catch (error) {
    await removeTree(beside);
    throw error;
  }
  await syncFolder(dirname(folder));
}

async function removeLeftovers(folder: string): Promise<void> {
  const prefix = `${basename(folder)}${besideSuffix}`;
  const parent = dirname(folder);
  for (const name of await readdir(parent)) if (name.startsWith(prefix)) await removeTree(join(parent, name));
}

/** The snapshot holds all data of the cluster: only root and etcd's group may read it. */
async function letRead(file: string, { gid }: Owner): Promise<void> {
  if (process.getuid?.() !== 0) return;
  await chown(file, 0, gid);
  await chmod(file, 0o640);
}

/** Takes the folder from etcd's user first, so that nobody replaces files by links while they are removed. */
async function removeTree(path: string): Promise<void> {
  const uid = process.getuid?.() ?? 0;
  try {
    await lchown(path, uid, process.getgid?.() ?? 0);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw error;
  }
  await rm(path, { recursive: true, force: true });
}

/** The program does not sync everything that it writes. A link is an error here: etcd's user may have made it. */
async function syncAll(path: string): Promise<void> {
  for (const entry of await readdir(path, { withFileTypes: true })) {
    const inner = join(path, entry.name);
    if (entry.isDirectory()) await syncAll(inner);
    else await sync(inner);
  }
  await sync(path);
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
