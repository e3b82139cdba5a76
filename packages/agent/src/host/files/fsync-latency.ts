import { open, unlink } from 'node:fs/promises';
import { nearestThere } from '../inspection.ts';
import { temporaryPath } from './temporary-names.ts';

export interface FsyncRun {
  /** Milliseconds with fractions, from any moment on. */
  readonly now: () => number;
  /** At most so many writes … */
  readonly writes: number;
  /** … and no further one once this much time has gone, in milliseconds: a failing disk is not waited for. */
  readonly withinMs: number;
}

/** About what one entry of etcd's log takes: the block size of the fio run that etcd's documentation points to. */
const block = Buffer.alloc(2300, 'picket');

const usual: FsyncRun = { now: () => performance.now(), writes: 100, withinMs: 2000 };

/**
 * How long fdatasync takes in a folder, in milliseconds, one figure for each write: small ones appended to one file, each
 * waited for, as etcd writes its log. The file lies in the folder, or in the nearest above it that exists, and is removed
 * whatever happens. It says nothing of a disk that has other work to do at the same time, nor of a card whose cache or
 * spare blocks run out later: those are slower.
 *
 * Rejects as the file system does, as where it is full.
 */
export async function measureFsync(folder: string, run: FsyncRun = usual): Promise<readonly number[]> {
  const path = temporaryPath(`${await nearestThere(folder)}/fsync`, process.pid);
  const file = await open(path, 'wx', 0o600);
  try {
    const took: number[] = [];
    const begun = run.now();
    while (took.length < run.writes && run.now() - begun < run.withinMs) {
      await file.write(block);
      const before = run.now();
      await file.datasync();
      took.push(run.now() - before);
    }
    return took;
  } finally {
    await file.close();
    await unlink(path);
  }
}

/** What `share` of the values, from 0 to 1, do not exceed: the value of that nearest rank. NaN of no values. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1] ?? Number.NaN;
}
