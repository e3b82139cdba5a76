import { chmod, chown, mkdir, readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { failure } from '@picket/shared/errors.ts';
import { putInPlace } from '@picket/shared/whole-file.ts';
import type { Owner } from '../host.ts';
import { type Ended, problemOf, runAs } from '../run-as.ts';
import { removeTree } from './remove-tree.ts';

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
/** Follows no link, and waits at no pipe. */
const syncHere = 'exec find . \\( -type f -o -type d \\) -exec sync {} +';
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
    const succeeded = ({ error, ...said }: Ended, by: string): void => {
      if (error === null) return;
      const problem = `${by} says: ${problemOf({ error, ...said })}`;
      throw failure('restore_failed', { id, problem }, { cause: error });
    };
    succeeded(await runAs(program, args, { owner, patienceMs }), program);
    // The program does not sync everything that it writes. Root opens nothing where etcd's user can put a link (ADR 53).
    succeeded(await runAs('/bin/sh', ['-c', syncHere], { owner, patienceMs, cwd: beside }), 'sync');
    await putInPlace(beside, folder);
  } catch (error) {
    // If it stays, the next attempt says why.
    await removeTree(beside).catch(() => undefined);
    throw error;
  }
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
