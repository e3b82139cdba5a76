import { createHash } from 'node:crypto';
import { open, rm } from 'node:fs/promises';

/** Synced while it arrives, so that its end does not take minutes. */
const syncEveryBytes = 16 * 1024 * 1024;

/** A file that arrives part by part, under a temporary name, and is hashed meanwhile. */
export type ArrivingFile = Awaited<ReturnType<typeof arrivingFile>>;

/** Begins a file, in place of what a former one has left. */
export async function arrivingFile(path: string) {
  await rm(path, { force: true });
  const file = await open(path, 'wx', 0o600);
  const hash = createHash('sha256');
  let received = 0;
  let unsynced = 0;
  return {
    path,

    get receivedBytes() {
      return received;
    },

    async append(octets: Uint8Array): Promise<void> {
      await file.writeFile(octets);
      hash.update(octets);
      received += octets.length;
      unsynced += octets.length;
      if (unsynced < syncEveryBytes) return;
      unsynced = 0;
      await file.datasync();
    },

    /** Ends it: all of it is on the disk (R9), still under its temporary name. @returns its SHA-256 */
    async end(): Promise<string> {
      await file.sync();
      await file.close();
      return hash.digest('hex');
    },

    async abandon(): Promise<void> {
      await file.close().catch(() => undefined);
      await rm(path, { force: true });
    },
  };
}
