import { open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { writeFailure } from '../file-failure.ts';
import { syncFolder } from './files.ts';

/** A file that is written from its beginning, part by part. */
export interface PartWriter {
  append(octets: Uint8Array): Promise<void>;
}

/**
 * Writes a file that only this process uses, in parts. If `fill` succeeds, the whole file is on the disk; otherwise
 * there is no file. Throws `disk_full`, `path_not_writable` and what `fill` throws.
 */
export async function writeInParts(path: string, fill: (writer: PartWriter) => Promise<void>): Promise<void> {
  await rm(path, { force: true });
  const explained = (error: unknown): never => {
    throw writeFailure(path, error);
  };
  const file = await open(path, 'wx', 0o600).catch(explained);
  try {
    await fill({
      async append(octets) {
        await file.writeFile(octets).catch(explained);
      },
    });
    await file.sync().catch(explained);
  } catch (error) {
    await file.close();
    await rm(path, { force: true });
    throw error;
  }
  await file.close();
  await syncFolder(dirname(path));
}
