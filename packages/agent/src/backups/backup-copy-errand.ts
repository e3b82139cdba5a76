import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '@picket/shared/problems.ts';
import type { BackupCopy } from '@picket/shared/protocol/backup-copies.ts';
import type { CoordinatorClient } from '../coordinator/client.ts';
import type { Clock, HostFiles } from '../host/host.ts';
import { backupCopiesFolder } from '../model/managed-files.ts';
import type { Log } from '../program/log.ts';
import { fetchWhole, hashOf } from '../programs/fetch-program.ts';

/** An older one helps if the newest cannot be used. */
const mostKept = 3;
/** What stays free for etcd beside a copy. */
const reserveBytes = 256 * 1024 * 1024;
const retryMs = 300_000;

interface CopyDeps {
  readonly coordinator: Pick<CoordinatorClient, 'readBackup' | 'backupKept'>;
  readonly stateDir: string;
  readonly files: HostFiles;
  readonly clock: Pick<Clock, 'monotonic' | 'sleep'>;
  readonly freeBytes: (path: string) => Promise<number>;
  readonly log: Log;
}

/**
 * Fetches a copy of a backup of the coordinator beside everything else, unless this node has it, and tells the coordinator when it
 * is whole on the disk (R9). One at a time; after a failure the next one begins five minutes later at the earliest.
 *
 * @returns begins with a copy; does not throw
 */
export function backupCopyErrand(deps: CopyDeps): (copy: BackupCopy) => void {
  const { clock, log } = deps;
  let isRunning = false;
  let notBefore = Number.NEGATIVE_INFINITY;
  return (copy) => {
    if (isRunning || clock.monotonic() < notBefore) return;
    isRunning = true;
    const work = async (): Promise<void> => {
      try {
        await keepCopy(copy, deps);
      } catch (error) {
        notBefore = clock.monotonic() + retryMs;
        log.warn({ name: copy.name, problem: messageOf(error) }, 'this node has no copy of the coordinator’s backup');
      } finally {
        isRunning = false;
      }
    };
    void work();
  };
}

async function keepCopy(copy: BackupCopy, { coordinator, stateDir, files, clock, freeBytes, log }: CopyDeps) {
  const { name, sizeBytes, sha256 } = copy;
  const folder = backupCopiesFolder(stateDir);
  await files.ensureFolder(folder, 0o700, null);
  const path = join(folder, name);
  if ((await hashOf(path)) !== sha256) {
    await removeOld(folder, name, mostKept - 1);
    const isTight = async () => (await freeBytes(folder)) < sizeBytes + reserveBytes;
    // The last one stays until there is another.
    if (await isTight()) await removeOld(folder, name, 1);
    if (await isTight()) throw new Error('there is too little room on the disk');
    const read = (offset: number) => coordinator.readBackup(sha256, offset);
    const problem = await fetchWhole({ sizeBytes, sha256 }, path, 0o600, read, (ms) => clock.sleep(ms));
    if (problem !== null) throw new Error(`it did not arrive whole: ${problem}`);
    log.info({ name }, 'this node has a copy of the coordinator’s backup');
  }
  await coordinator.backupKept(sha256);
}

/**
 * Removes all other copies but those that were fetched last, and what earlier attempts have left of others. The time in a name is
 * that of the coordinator's clock, which may have been wrong (R14).
 */
async function removeOld(folder: string, present: string, kept: number): Promise<void> {
  const others: { readonly path: string; readonly at: number }[] = [];
  for (const name of await readdir(folder)) {
    if (name === present || name === `${present}.part`) continue;
    const path = join(folder, name);
    const at = name.endsWith('.age') ? ((await stat(path).catch(() => null))?.mtimeMs ?? 0) : 0;
    others.push({ path, at });
  }
  others.sort((one, other) => other.at - one.at);
  for (const [index, { path, at }] of others.entries()) if (at === 0 || index >= kept) await rm(path, { force: true });
}
