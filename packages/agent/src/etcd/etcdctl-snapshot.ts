import { createReadStream } from 'node:fs';
import { rm, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { EtcdError } from './etcd.ts';
import type { Etcdctl } from './etcdctl.ts';

const resourceExhausted = 8;
/** What a snapshot leaves free on the disk: etcd's next two segments of its log. */
const reserveBytes = 128 * 1024 * 1024;
/** The caller ends a snapshot that takes too long. */
const patienceMs = 24 * 3600 * 1000;

/**
 * Takes a snapshot with etcdctl, which can only write a file, and yields it. The file is removed afterwards. Throws EtcdError,
 * also if the disk has no room for it beside etcd's log, and the signal's reason.
 *
 * @param bytes the size of the database
 */
export async function* etcdctlSnapshot(
  { run, snapshotFile }: Etcdctl,
  clientUrl: string,
  bytes: number,
  signal: AbortSignal,
): AsyncGenerator<Buffer, void> {
  const { bavail, bsize } = await statfs(dirname(snapshotFile));
  if (bavail * bsize < bytes + reserveBytes) {
    const mebibytes = Math.ceil((bytes + reserveBytes) / 1024 / 1024);
    const where = dirname(snapshotFile);
    throw new EtcdError(
      resourceExhausted,
      `while etcd's authentication is on, a snapshot needs ${mebibytes} MiB of free disk in ${where}`,
    );
  }
  try {
    await run(clientUrl, ['snapshot', 'save', snapshotFile], { deadlineMs: patienceMs, signal });
    yield* createReadStream(snapshotFile, { signal });
  } finally {
    for (const file of [snapshotFile, `${snapshotFile}.part`]) await rm(file, { force: true });
  }
}
