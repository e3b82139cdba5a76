import { open } from 'node:fs/promises';
import { join } from 'node:path';

const mebibyte = 1024 * 1024;

/** Writes a file of this size in the folder over and over, with an fsync after each MiB, until the signal fires. */
export async function busyDisk(folder: string, sizeMiB: number, signal: AbortSignal): Promise<void> {
  const block = Buffer.alloc(mebibyte, 'picket');
  const file = await open(join(folder, 'busy'), 'w');
  try {
    for (let written = 0; !signal.aborted; written += 1) {
      await file.write(block, 0, mebibyte, (written % sizeMiB) * mebibyte);
      await file.sync();
    }
  } finally {
    await file.close();
  }
}
