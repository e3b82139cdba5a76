import { rename, rm } from 'node:fs/promises';
import { createWhole } from '@picket/shared/whole-file.ts';
import { writeFailure } from '../file-failure.ts';

/** A file that is written from its beginning, part by part. */
export interface PartWriter {
  append(octets: Uint8Array): Promise<void>;
}

/**
 * Writes a file that only this process uses, in parts. If `fill` succeeds, the whole file is on the disk; otherwise
 * there is no file. Throws `disk_full`, `path_not_writable` and what `fill` throws.
 */
export async function writeInParts(path: string, fill: (writer: PartWriter) => Promise<void>): Promise<void> {
  for (const former of [path, `${path}.part`]) await rm(former, { force: true });
  const explain = (error: unknown) => writeFailure(path, error);
  await createWhole(path, (append) => fill({ append }), { put: rename, explain });
}
