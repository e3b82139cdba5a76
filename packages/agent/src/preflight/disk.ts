import { failure } from '@picket/shared/errors.ts';
import { codeOf } from '../host/file-failure.ts';
import { percentile } from '../host/files/fsync-latency.ts';
import type { Inspection } from '../host/inspection.ts';
import { type Check, ok, warning } from './check.ts';

const mebibyte = 1024 * 1024;
/** etcd preallocates 64 MB for one segment of its log before it stores anything. */
const neededMiB = 64;
/** etcd's FAQ recommends that the 99th percentile of its log's fsyncs is below this. */
const goodFsyncMs = 10;

/**
 * How fast and how full the disk is; a slow disk is a warning. Throws `disk_full` if less than 64 MiB are free, before
 * anything is written to it.
 *
 * @param measureFsync takes at most two seconds if the disk answers, and rejects if nothing can be written
 */
export async function checkDisk(
  inspection: Pick<Inspection, 'freeBytes'>,
  path: string,
  measureFsync: (folder: string) => Promise<readonly number[]>,
): Promise<Check> {
  const free = await inspection.freeBytes(path);
  const freeMiB = Math.floor(free / mebibyte);
  if (freeMiB < neededMiB) {
    throw failure('disk_full', {
      path,
      problem: `its file system has ${freeMiB} MiB free, and ${neededMiB} MiB are needed`,
    });
  }
  const room = `${(free / 1e9).toFixed(1)} GB free`;
  try {
    const p99 = percentile(await measureFsync(path), 0.99);
    const found = `fsync p99 ${p99.toFixed(1)} ms, ${room}`;
    if (p99 <= goodFsyncMs) return ok('disk', found);
    return warning(
      'disk',
      found,
      `etcd needs at most ${goodFsyncMs} ms: under load, slow writes cause elections. Use an SSD or another SD card, or give the cluster longer timeouts.`,
    );
  } catch (error) {
    const why = `its fsync could not be measured (${codeOf(error) ?? 'unknown'}), ${room}`;
    return warning('disk', why, `Find out why no file can be written below ${path}.`);
  }
}
