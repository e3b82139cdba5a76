import { failure } from '@picket/shared/errors.ts';
import type { Inspection } from '../host/inspection.ts';

const mebibyte = 1024 * 1024;
/** etcd sets aside 64 MB for one segment of its log before it has stored anything. */
const neededMiB = 64;

/** Throws `disk_full` where less than 64 MiB are free. */
export async function checkDiskSpace(inspection: Pick<Inspection, 'freeBytes'>, path: string): Promise<void> {
  const freeMiB = Math.floor((await inspection.freeBytes(path)) / mebibyte);
  if (freeMiB >= neededMiB) return;
  throw failure('disk_full', {
    path,
    problem: `its file system has ${freeMiB} MiB free, and ${neededMiB} MiB are needed`,
  });
}
