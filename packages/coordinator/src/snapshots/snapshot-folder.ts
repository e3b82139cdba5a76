import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, type FileHandle, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { failure } from '@picket/shared/errors.ts';
import { putInPlace, syncToDisk } from '@picket/shared/whole-file.ts';
import { type ArrivingFile, arrivingFile } from '../files/arriving-file.ts';
import { freeBytesOf, inMiB, reserveBytes } from '../files/disk-room.ts';
import { makePrivateDirectory } from '../files/whole-file.ts';
import { structureProblem } from './bbolt-structure.ts';
import { EtcdHash } from './etcd-hash.ts';

export interface SnapshotFacts {
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** A snapshot that arrives part by part. */
export interface IncomingSnapshot {
  readonly receivedBytes: number;
  /** Throws `snapshot_no_room`, `snapshot_invalid` if it is too large. */
  append(octets: Uint8Array): Promise<void>;
  /**
   * Stores it on the disk, in its place, if it is whole by the hash that etcd put at its end (R9) and has the structure of a
   * database, and after `judge` has checked the file under its temporary name. Throws `snapshot_invalid` and what `judge` throws; nothing of it
   * stays then.
   */
  finish<Verdict>(sizeBytes: number, judge: (path: string) => Promise<Verdict>): Promise<[SnapshotFacts, Verdict]>;
  abandon(): Promise<void>;
}

export type SnapshotFolder = Awaited<ReturnType<typeof openSnapshotFolder>>;

const mebibyte = 1024 * 1024;

/** The snapshots on this machine's disk, by id. An incomplete one never has the name of a whole one. */
export async function openSnapshotFolder(path: string, freeBytes: (path: string) => Promise<number> = freeBytesOf) {
  await makePrivateDirectory(path);
  const pathOf = (id: string) => join(path, `${id}.db`);
  // Incomplete files from an earlier coordinator. Whole and unknown ones stay: another store may know them.
  for (const name of await readdir(path)) if (name.endsWith('.part')) await rm(join(path, name), { force: true });

  async function requireRoom(id: string, bytes: number): Promise<void> {
    const free = await freeBytes(path);
    if (free - bytes >= reserveBytes) return;
    throw noRoom(id, path, free);
  }

  return {
    path,
    pathOf,
    has: (id: string) =>
      access(pathOf(id)).then(
        () => true,
        () => false,
      ),
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
    async receive(id: string, mostBytes: number): Promise<IncomingSnapshot> {
      await requireRoom(id, 0);
      return new Incoming({
        id,
        target: pathOf(id),
        folder: path,
        mostBytes,
        file: await arrivingFile(`${pathOf(id)}.part`),
        requireRoom: (bytes) => requireRoom(id, bytes),
      });
    },
    /** At most this much from there, empty at the end. Throws `snapshot_damaged` if it is gone. */
    async read(id: string, offset: number, mostBytes: number): Promise<Buffer> {
      const file = await opened(id, pathOf(id));
      try {
        const buffer = Buffer.alloc(mostBytes);
        let filled = 0;
        while (filled < mostBytes) {
          const { bytesRead } = await file.read(buffer, filled, mostBytes - filled, offset + filled);
          if (bytesRead === 0) break;
          filled += bytesRead;
        }
        return buffer.subarray(0, filled);
      } finally {
        await file.close();
      }
    },
    async stream(id: string): Promise<Readable> {
      return (await opened(id, pathOf(id))).createReadStream();
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
        throw damaged(id, error);
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

interface IncomingOptions {
  readonly id: string;
  readonly target: string;
  readonly folder: string;
  readonly mostBytes: number;
  readonly file: ArrivingFile;
  readonly requireRoom: (bytes: number) => Promise<void>;
}

class Incoming implements IncomingSnapshot {
  readonly #options: IncomingOptions;
  readonly #etcd = new EtcdHash();

  constructor(options: IncomingOptions) {
    this.#options = options;
  }

  get receivedBytes(): number {
    return this.#options.file.receivedBytes;
  }

  async append(octets: Uint8Array): Promise<void> {
    const { id, file, mostBytes, requireRoom } = this.#options;
    if (this.receivedBytes + octets.length > mostBytes) {
      throw failure('snapshot_invalid', { id, problem: `it is larger than the ${mostBytes} bytes that it may have` });
    }
    await requireRoom(octets.length);
    await file.append(octets).catch((error: unknown) => Promise.reject(this.#withoutRoom(error)));
    this.#etcd.update(octets);
  }

  async finish<Verdict>(
    sizeBytes: number,
    judge: (path: string) => Promise<Verdict>,
  ): Promise<[SnapshotFacts, Verdict]> {
    try {
      return await this.#finish(sizeBytes, judge);
    } catch (error) {
      await this.abandon();
      throw error;
    }
  }

  async #finish<Verdict>(
    sizeBytes: number,
    judge: (path: string) => Promise<Verdict>,
  ): Promise<[SnapshotFacts, Verdict]> {
    const { id, target, file } = this.#options;
    const problem =
      this.receivedBytes === sizeBytes
        ? this.#etcd.problem()
        : `${this.receivedBytes} bytes of it arrived, but ${sizeBytes} were sent`;
    if (problem !== null) throw failure('snapshot_invalid', { id, problem });
    const sha256 = await file.end();
    const misbuilt = await structureProblem(file.path);
    if (misbuilt !== null) throw failure('snapshot_invalid', { id, problem: misbuilt });
    // Only then: nobody would ever look for a whole file without a record.
    const verdict = await judge(file.path);
    await putInPlace(file.path, target);
    return [{ sizeBytes, sha256 }, verdict];
  }

  /** Another process was faster, or its user has a quota. */
  #withoutRoom(error: unknown): unknown {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOSPC' && code !== 'EDQUOT') return error;
    const { id, folder } = this.#options;
    return noRoom(id, folder, 0, { cause: error });
  }

  abandon(): Promise<void> {
    return this.#options.file.abandon();
  }
}

function noRoom(id: string, folder: string, freeBytes: number, options: ErrorOptions = {}) {
  const facts = { id, folder, freeMiB: inMiB(freeBytes), reserveMiB: inMiB(reserveBytes) };
  return failure('snapshot_no_room', facts, options);
}

async function opened(id: string, path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (error) {
    throw damaged(id, error);
  }
}

function damaged(id: string, error: unknown) {
  const { code, message } = error as NodeJS.ErrnoException;
  const problem = code === 'ENOENT' ? 'its file is missing' : `its file cannot be read (${code ?? message})`;
  return failure('snapshot_damaged', { id, problem }, { cause: error });
}
