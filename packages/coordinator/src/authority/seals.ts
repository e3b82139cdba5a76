import { createHmac, hkdfSync, type KeyObject, timingSafeEqual } from 'node:crypto';
import { failure } from '@picket/shared/errors.ts';
import type { DesiredState } from '@picket/shared/protocol/desired-state.ts';
import type { Epoch } from '@picket/shared/protocol/epoch.ts';
import { type Custody, createSealKey, loadSealKey } from './custody.ts';

/** What a seal vouches for: that this was published to this node. */
export interface Sealed {
  readonly inventory: string;
  readonly epoch: Epoch | null;
  readonly nodeId: string;
  readonly generation: number;
}

/**
 * Seals desired states (R5). A node hands back the seal of what it follows, and by it a coordinator whose disk was rolled
 * back learns that a later generation is no invention. HMAC-SHA-256; the key is 32 bytes derived (HKDF) from a P-256 key
 * that lies with the CA keys, encrypted as they are and in every backup.
 */
export class Seals {
  // Private, so that printing or logging it shows no secret (R11).
  readonly #key: Buffer;

  constructor(source: KeyObject) {
    const secret = Buffer.from(source.export({ format: 'jwk' }).d ?? '', 'base64url');
    this.#key = Buffer.from(hkdfSync('sha256', secret, '', 'picket seal of desired states 1', 32));
  }

  /**
   * Opens the key, or makes it where nothing was ever sealed: on the first start. Throws `authority_missing` where
   * something was, `key_passphrase_wrong`.
   */
  static async open(custody: Custody, published: readonly { readonly document: DesiredState | null }[]) {
    const key = await loadSealKey(custody);
    if (key !== null) return new Seals(key);
    if (published.some(({ document }) => document !== null)) {
      throw failure('authority_missing', { authority: 'that seals desired states', path: `${custody.directory}/seal` });
    }
    return new Seals(await createSealKey(custody));
  }

  of(sealed: Sealed): string {
    return this.#mac(sealed).toString('base64url');
  }

  /** Whether this seal was made by this key for this and nothing else. In constant time. */
  isOf(seal: string, sealed: Sealed): boolean {
    const shown = Buffer.from(seal, 'base64url');
    const right = this.#mac(sealed);
    return shown.length === right.length && timingSafeEqual(shown, right);
  }

  #mac({ inventory, epoch, nodeId, generation }: Sealed): Buffer {
    // JSON of a list of fixed length: no two of these have the same text.
    const text = JSON.stringify([inventory, epoch?.number ?? null, epoch?.name ?? null, nodeId, generation]);
    return createHmac('sha256', this.#key).update(text).digest();
  }
}
