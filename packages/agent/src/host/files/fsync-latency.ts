import { open, unlink } from 'node:fs/promises';
import { nearestThere } from '../inspection.ts';
import { temporaryPath } from './temporary-names.ts';

interface FsyncRun {
  /** Milliseconds with fractions, from an arbitrary start. */
  readonly now: () => number;
  /** The most writes … */
  readonly writes: number;
  /** … and the time in milliseconds after which no further write starts: the check does not wait for a failing disk. */
  readonly withinMs: number;
}

/** About the size of one entry of etcd's log: the block size of the fio run in etcd's documentation. */
const block = Buffer.alloc(2300, 'picket');

const usual: FsyncRun = { now: () => performance.now(), writes: 100, withinMs: 2000 };

/**
 * How long fdatasync takes in a folder, in milliseconds, one figure for each write. It appends small writes to one file
 * and waits for each, as etcd writes its log. The file is in the folder, or in the nearest existing parent, and is
 * always removed. Slower and not measured: a disk with other work at the same time, and a card whose cache or spare
 * blocks run out later.
 *
 * Rejects as the file system does, for example if it is full.
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

/** The value that `share` of the values, from 0 to 1, do not exceed (nearest rank). NaN without values. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1] ?? Number.NaN;
}
