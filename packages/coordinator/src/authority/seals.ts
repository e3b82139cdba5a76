import { createHmac, type KeyObject, randomBytes, timingSafeEqual } from 'node:crypto';
import { failure } from '@picket/shared/errors.ts';
import type { Epoch } from '@picket/shared/protocol/epoch.ts';
import type { StoredPublication } from '../inventory/inventory.ts';
import { type Custody, createSealKey, derivedKey, loadSealKey } from './custody.ts';

/** What a seal proves: that this coordinator published this to this node. */
export interface Sealed {
  readonly inventory: string;
  readonly epoch: Epoch | null;
  readonly nodeId: string;
  readonly generation: number;
}

const nonceBytes = 16;

/**
 * Seals desired states (R5). A node reports the seal of the state that it follows. The seal proves to a coordinator
 * whose disk was put back that it published this state, and tells two states of one generation apart. A seal is a
 * random nonce and its HMAC-SHA-256. The key is 32 bytes derived (HKDF) from a P-256 key, which is stored with the CA
 * keys, encrypted like them and in every backup.
 */
export class Seals {
  // Private, so that printing or logging it shows no secret (R11).
  readonly #key: Buffer;

  constructor(source: KeyObject) {
    this.#key = derivedKey(source, 'picket seal of desired states 1');
  }

  /**
   * Opens the key, or makes it if nothing was ever sealed: on the first start. Throws `authority_missing` if something
   * was sealed, and `key_passphrase_wrong`.
   */
  static async open(custody: Custody, published: readonly Pick<StoredPublication, 'document'>[]) {
    const key = await loadSealKey(custody);
    if (key !== null) return new Seals(key);
    if (published.some(({ document }) => document !== null)) {
      throw failure('authority_missing', { authority: 'that seals desired states', path: `${custody.directory}/seal` });
    }
    return new Seals(await createSealKey(custody));
  }

  /** Each call makes a new seal. */
  of(sealed: Sealed): string {
    const nonce = randomBytes(nonceBytes);
    return Buffer.concat([nonce, this.#mac(nonce, sealed)]).toString('base64url');
  }

  /** True if this key made the seal for exactly this. In constant time. */
  isOf(seal: string, sealed: Sealed): boolean {
    const bytes = Buffer.from(seal, 'base64url');
    const [nonce, shown] = [bytes.subarray(0, nonceBytes), bytes.subarray(nonceBytes)];
    const right = this.#mac(nonce, sealed);
    return shown.length === right.length && timingSafeEqual(shown, right);
  }

  /**
   * The stored publications, without each document whose seal this key did not make for it: such a document is damaged.
   */
  checked(published: readonly StoredPublication[]): readonly StoredPublication[] {
    return published.map((one) => (this.#areOf(one) ? one : { ...one, document: null }));
  }

  #areOf({ nodeId, generation, document }: StoredPublication): boolean {
    if (document === null) return true;
    const { inventory, epoch = null, seal, priorSeals } = document;
    const first = generation - priorSeals.length;
    return [...priorSeals, seal].every((one, index) =>
      this.isOf(one, { inventory, epoch, nodeId, generation: first + index }),
    );
  }

  #mac(nonce: Buffer, { inventory, epoch, nodeId, generation }: Sealed): Buffer {
    // JSON of a list of fixed length: no two subjects have the same text.
    const text = JSON.stringify([inventory, epoch?.number ?? null, epoch?.name ?? null, nodeId, generation]);
    return createHmac('sha256', this.#key).update(nonce).update(text).digest();
  }
}
