import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '@picket/shared/problems.ts';
import type { BackupCopy } from '@picket/shared/protocol/backup-copies.ts';
import type { CoordinatorClient } from '../coordinator/client.ts';
import type { Clock, HostFiles } from '../host/host.ts';
import type { Log } from '../program/log.ts';
import { fetchWhole, hashOf } from '../programs/fetch-program.ts';

/** The folder for copies of the coordinator's backups. */
export function backupCopiesFolder(stateDir: string): string {
  return join(stateDir, 'coordinator-backups');
}

/** An older one helps if the newest cannot be used. */
const mostKept = 3;
/** What stays free for etcd. */
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
    const free = await freeBytes(folder);
    if (free < sizeBytes + reserveBytes) throw new Error(`there is too little room: ${free} bytes are free`);
    const read = (offset: number) => coordinator.readBackup(sha256, offset);
    const problem = await fetchWhole({ sizeBytes, sha256 }, path, 0o600, read, (ms) => clock.sleep(ms));
    if (problem !== null) throw new Error(`it did not arrive whole: ${problem}`);
    log.info({ name }, 'this node has a copy of the coordinator’s backup');
  }
  const others = (await readdir(folder)).filter((one) => one !== name);
  for (const old of superfluous(others)) await rm(join(folder, old), { force: true });
  await coordinator.backupKept(sha256);
}

/** All but the newest ones by the time in their names, and what earlier attempts have left. Pure. */
function superfluous(others: readonly string[]): readonly string[] {
  const timeOf = (name: string) => /-(\d{8}T\d{6}Z)\.tar\.gz\.age$/.exec(name)?.[1] ?? '';
  const byAge = [...others].sort((one, other) => (timeOf(one) < timeOf(other) ? 1 : -1));
  return byAge.filter((name, index) => timeOf(name) === '' || index >= mostKept - 1);
}
