import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';

/** Synced while it arrives, so that its end does not take minutes. */
const syncEveryBytes = 16 * 1024 * 1024;

/** A file that arrives part by part, under a temporary name, and is hashed meanwhile. */
export class ArrivingFile {
  receivedBytes = 0;
  readonly path: string;
  readonly #file: FileHandle;
  readonly #hash: Hash = createHash('sha256');
  #unsynced = 0;

  private constructor(path: string, file: FileHandle) {
    this.path = path;
    this.#file = file;
  }

  /** Begins it, in place of what a former one has left. */
  static async at(path: string): Promise<ArrivingFile> {
    await rm(path, { force: true });
    return new ArrivingFile(path, await open(path, 'wx', 0o600));
  }

  async append(octets: Uint8Array): Promise<void> {
    await this.#file.writeFile(octets);
    this.#hash.update(octets);
    this.receivedBytes += octets.length;
    this.#unsynced += octets.length;
    if (this.#unsynced < syncEveryBytes) return;
    this.#unsynced = 0;
    await this.#file.datasync();
  }

  /** Ends it: all of it is on the disk (R9), still under its temporary name. @returns its SHA-256 */
  async end(): Promise<string> {
    await this.#file.sync();
    await this.#file.close();
    return this.#hash.digest('hex');
  }

  async abandon(): Promise<void> {
    await this.#file.close().catch(() => undefined);
    await rm(this.path, { force: true });
  }
}
