import { createReadStream } from 'node:fs';
import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { failure } from '@picket/shared/errors.ts';
import { createWhole } from '@picket/shared/whole-file.ts';
import { measure } from '../files/measure.ts';
import type { BackupTarget } from './target.ts';

const causes: Readonly<Record<string, string>> = {
  ENOENT: 'the folder does not exist; Picket does not make it, since the disk of its place may not be mounted',
  ENOTDIR: 'it is not a folder',
  EACCES: 'the user of the coordinator may not write there',
  EPERM: 'the user of the coordinator may not write there',
  EROFS: 'the disk is read-only for the coordinator',
  ENOSPC: 'the disk is full',
  EIO: 'the disk fails',
};

/** A folder that exists, on any file system. */
export function folderTarget(folder: string): BackupTarget {
  const refuse = (error: NodeJS.ErrnoException) => {
    const problem = causes[error.code ?? ''] ?? error.message;
    return failure('backup_not_stored', { target: folder, problem }, { cause: error });
  };
  const asked = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    try {
      return await work();
    } catch (error) {
      throw refuse(error as NodeJS.ErrnoException);
    }
  };
  return {
    name: folder,
    list: () => asked(() => readdir(folder)),
    put: (name, { path, sha256 }) =>
      asked(async () => {
        const place = join(folder, name);
        // Of a coordinator that ended meanwhile.
        await rm(`${place}.part`, { force: true });
        const fill = async (write: (octets: Uint8Array) => Promise<void>) => {
          for await (const octets of createReadStream(path) as AsyncIterable<Buffer>) await write(octets);
        };
        // FAT, as on many USB sticks, has no links.
        await createWhole(place, fill, { put: rename });
        if ((await measure(place)).sha256 === sha256) return;
        await rm(place, { force: true });
        throw new Error(`${name} has another content than was written; it was removed`);
      }),
    remove: (name) => asked(() => rm(join(folder, name), { force: true })),
    close: () => undefined,
  };
}
