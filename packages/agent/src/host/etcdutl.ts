import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { failure } from '@picket/shared/errors.ts';
import { cleanEnvironment } from './clean-environment.ts';
import { syncFolder } from './files.ts';
import type { Owner } from './host.ts';
import { findProgram, isExecutable } from './programs.ts';

/** What makes a data dir of a snapshot. */
export interface RestoreRequest {
  readonly id: string;
  /** The snapshot. */
  readonly file: string;
  /** The data dir to be; it must not be there. */
  readonly folder: string;
  readonly owner: Owner | null;
  readonly name: string;
  readonly peerUrl: string;
  readonly token: string;
}

/** Minutes, on an SD card, for a database of gigabytes. */
const patienceMs = 3_600_000;
const mostOutputBytes = 4 * 1024 * 1024;
/** As etcd's documentation has it: more than any cluster writes between two snapshots, so that no revision comes twice. */
const revisionBump = 1_000_000_000;

/** The etcdutl beside an etcd, else the one on the path. Throws `etcdutl_missing`. */
export async function findEtcdutl(id: string, etcd: string): Promise<string> {
  const beside = join(dirname(etcd), 'etcdutl');
  const found = (await isExecutable(beside)) ? beside : await findProgram('etcdutl', cleanEnvironment.PATH);
  if (found === null) throw failure('etcdutl_missing', { id, etcd });
  return found;
}

/**
 * Makes the data dir of a cluster of one from a snapshot, whose hash etcdutl checks. Its revision is far beyond that of
 * the snapshot and all before is marked as compacted, so that whoever watches is told that time has gone back. It is there
 * whole, on the disk and with its owner, or not at all (R4, R9). Throws `restore_failed`.
 */
export async function restoreDataDir(etcdutl: string, request: RestoreRequest): Promise<void> {
  const { id, file, folder, owner, name, peerUrl, token } = request;
  const beside = `${folder}.restoring`;
  await rm(beside, { recursive: true, force: true });
  try {
    await runEtcdutl(id, etcdutl, [
      ...['snapshot', 'restore', file, '--data-dir', beside, '--name', name],
      ...['--initial-cluster', `${name}=${peerUrl}`, '--initial-advertise-peer-urls', peerUrl],
      ...['--initial-cluster-token', token, '--bump-revision', String(revisionBump), '--mark-compacted'],
    ]);
    await settleAll(beside, owner);
    await rename(beside, folder);
  } catch (error) {
    await rm(beside, { recursive: true, force: true });
    throw error;
  }
  await syncFolder(dirname(folder));
}

function runEtcdutl(id: string, etcdutl: string, args: readonly string[]): Promise<void> {
  return new Promise((done, fail) => {
    const options = {
      env: cleanEnvironment,
      timeout: patienceMs,
      maxBuffer: mostOutputBytes,
      encoding: 'utf8',
    } as const;
    execFile(etcdutl, args, options, (error, _stdout, stderr) => {
      if (error === null) return done();
      const words = stderr.trim().split('\n').at(-1)?.slice(0, 500) || error.message.split('\n', 1)[0];
      return fail(failure('restore_failed', { id, problem: `etcdutl says: ${words}` }, { cause: error }));
    });
  });
}

/**
 * etcdutl does not sync all that it writes, and it ran as this user. What belongs to etcd's user already may hold links of
 * that user's, so nothing is given away through one.
 */
async function settleAll(path: string, owner: Owner | null): Promise<void> {
  for (const entry of await readdir(path, { withFileTypes: true })) {
    const inner = join(path, entry.name);
    if (entry.isDirectory()) await settleAll(inner, owner);
    else await settle(inner, owner);
  }
  await settle(path, owner);
}

async function settle(path: string, owner: Owner | null): Promise<void> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    if (owner !== null) await handle.chown(owner.uid, owner.gid);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
