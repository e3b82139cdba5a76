import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { failure, type PicketError } from '@picket/shared/errors.ts';
import { putInPlace, syncToDisk } from '@picket/shared/whole-file.ts';
import { arrivingFile } from '../files/arriving-file.ts';
import { freeBytesOf, lackFacts, lackOf, reserveBytes } from '../files/disk-room.ts';
import { exists } from '../files/exists.ts';
import { readPart } from '../files/read-part.ts';
import { makePrivateDirectory } from '../files/whole-file.ts';
import { structureProblem } from './bbolt-structure.ts';
import { EtcdHash } from './etcd-hash.ts';

export interface SnapshotFacts {
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** A snapshot that arrives part by part. */
export type IncomingSnapshot = Awaited<ReturnType<SnapshotFolder['receive']>>;
export type SnapshotFolder = Awaited<ReturnType<typeof openSnapshotFolder>>;

/** Looks at a whole file before it gets its name, and throws to refuse it. */
type Judge<Verdict> = (path: string, sha256: string) => Promise<Verdict>;

const mebibyte = 1024 * 1024;

/** The snapshots on this machine's disk, by id. An incomplete one never has the name of a whole one. */
export async function openSnapshotFolder(path: string, freeBytes: (path: string) => Promise<number> = freeBytesOf) {
  await makePrivateDirectory(path);
  const pathOf = (id: string) => join(path, `${id}.db`);
  // Incomplete files from an earlier coordinator. Whole and unknown ones stay: another store may know them.
  for (const name of await readdir(path)) if (name.endsWith('.part')) await rm(join(path, name), { force: true });

  async function requireRoom(id: string, bytes: number): Promise<void> {
    const lack = await lackOf(bytes, path, freeBytes);
    if (lack !== null) throw failure('snapshot_no_room', { id, ...lack });
  }

  return {
    path,
    pathOf,
    has: (id: string) => exists(pathOf(id)),
    /** What snapshots may still take of the disk, in bytes; below 0 once the store lacks its reserve. */
    freeBytes: async () => (await freeBytes(path)) - reserveBytes,
    /** All whole ones, whether recorded or not. */
    async whole(): Promise<readonly { readonly id: string; readonly sizeBytes: number }[]> {
      const names = (await readdir(path)).filter((name) => name.endsWith('.db'));
      const sized = async (name: string) => ({
        id: name.slice(0, -'.db'.length),
        sizeBytes: (await stat(join(path, name))).size,
      });
      return Promise.all(names.map(sized));
    },
    /** @param expectedBytes how much of it will come at least. Throws `snapshot_no_room`. */
    async receive(id: string, mostBytes: number, expectedBytes = 0) {
      await requireRoom(id, expectedBytes);
      const file = await arrivingFile(`${pathOf(id)}.part`);
      const etcd = new EtcdHash();
      const invalid = (problem: string) => failure('snapshot_invalid', { id, problem });

      async function finished<Verdict>(sizeBytes: number, judge: Judge<Verdict>): Promise<[SnapshotFacts, Verdict]> {
        if (file.receivedBytes !== sizeBytes)
          throw invalid(`${file.receivedBytes} bytes of it arrived, but ${sizeBytes} were sent`);
        const problem = etcd.problem();
        if (problem !== null) throw invalid(problem);
        const sha256 = await file.end();
        const misbuilt = await structureProblem(file.path);
        if (misbuilt !== null) throw invalid(misbuilt);
        // Only then: nobody would ever look for a whole file without a record.
        const verdict = await judge(file.path, sha256);
        await putInPlace(file.path, pathOf(id));
        return [{ sizeBytes, sha256 }, verdict];
      }

      return {
        get receivedBytes(): number {
          return file.receivedBytes;
        },
        /** Throws `snapshot_no_room`, `snapshot_invalid` if it is too large. */
        async append(octets: Uint8Array): Promise<void> {
          if (file.receivedBytes + octets.length > mostBytes)
            throw invalid(`it is larger than the ${mostBytes} bytes that it may have`);
          await requireRoom(id, octets.length);
          await file.append(octets).catch((error: NodeJS.ErrnoException) => {
            if (error.code !== 'ENOSPC' && error.code !== 'EDQUOT') throw error;
            // Another process was faster, or its user has a quota.
            throw failure('snapshot_no_room', { id, ...lackFacts(path, 0) }, { cause: error });
          });
          etcd.update(octets);
        },
        /**
         * Stores it on the disk, in its place, if it is whole by the hash that etcd put at its end (R9) and has the structure of
         * a database, and after `judge` has checked the file under its temporary name. Throws `snapshot_invalid` and what
         * `judge` throws; nothing of it stays then.
         */
        finish: <Verdict>(sizeBytes: number, judge: Judge<Verdict>) =>
          finished(sizeBytes, judge).catch(async (error: unknown) => {
            await file.abandon();
            throw error;
          }),
        abandon: () => file.abandon(),
      };
    },
    /** At most this much from there, empty at the end. Throws `snapshot_damaged` if it cannot be read. */
    read: (id: string, offset: number, mostBytes: number) =>
      readPart(pathOf(id), offset, mostBytes).catch((error: unknown) => {
        throw unreadable(id, error);
      }),
    /** Throws `snapshot_damaged` if it cannot be opened. */
    async open(id: string): Promise<FileHandle> {
      return open(pathOf(id), 'r').catch((error: unknown) => {
        throw unreadable(id, error);
      });
    },
    /** Reads all of it. Throws `snapshot_damaged` if it is not whole. */
    async check(id: string): Promise<SnapshotFacts> {
      const whole = createHash('sha256');
      const etcd = new EtcdHash();
      let sizeBytes = 0;
      try {
        for await (const chunk of createReadStream(pathOf(id), { highWaterMark: mebibyte })) {
          whole.update(chunk as Buffer);
          etcd.update(chunk as Buffer);
          sizeBytes += (chunk as Buffer).length;
        }
      } catch (error) {
        throw unreadable(id, error);
      }
      const problem = etcd.problem();
      if (problem !== null) throw failure('snapshot_damaged', { id, problem });
      return { sizeBytes, sha256: whole.digest('hex') };
    },
    async remove(id: string) {
      await rm(pathOf(id), { force: true });
      await syncToDisk(path);
    },
  };
}

/** Whatever keeps the file of a snapshot from being read, it is `snapshot_damaged`. */
export function unreadable(id: string, error: unknown): PicketError {
  const { code, message } = error as NodeJS.ErrnoException;
  const problem = code === 'ENOENT' ? 'its file is missing' : `its file cannot be read (${code ?? message})`;
  return failure('snapshot_damaged', { id, problem }, { cause: error });
}
