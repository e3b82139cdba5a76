import { createHash } from 'node:crypto';

/** etcd puts a SHA-256 there. */
export const hashBytes = 32;
/** etcd's own check assumes whole blocks of this size; pages of bbolt are larger. */
const blockBytes = 512;

/** Checks a whole snapshot by the SHA-256 that etcd puts at its end, over everything before it. */
export class EtcdHash {
  readonly #hash = createHash('sha256');
  #tail: Buffer = Buffer.alloc(0);
  #length = 0;

  update(octets: Uint8Array): void {
    this.#length += octets.length;
    const joined = Buffer.concat([this.#tail, octets]);
    const settled = Math.max(0, joined.length - hashBytes);
    this.#hash.update(joined.subarray(0, settled));
    this.#tail = Buffer.from(joined.subarray(settled));
  }

  /** What is wrong with the content, once all has arrived; null if it is whole. */
  problem(): string | null {
    if (this.#length % blockBytes !== hashBytes || this.#length < 2 * blockBytes) {
      return `its ${this.#length} bytes cannot be a snapshot of etcd with its hash`;
    }
    return this.#hash.digest().equals(this.#tail)
      ? null
      : 'its content does not match the hash that etcd put at its end';
  }
}
