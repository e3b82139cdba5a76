import { createCipheriv, createDecipheriv, type KeyObject, randomBytes } from 'node:crypto';
import { type Custody, derivedKey, loadSealKey } from './custody.ts';

const algorithm = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;

/**
 * Encrypts secrets for the store (R11). The key is 32 bytes derived (HKDF) from the key that seals desired states. That
 * key lies beside the store, encrypted with the passphrase of the coordinator, and is in every backup.
 */
export class SecretBox {
  // Private, so that printing or logging it shows no secret (R11).
  readonly #key: Buffer;

  constructor(source: KeyObject) {
    this.#key = derivedKey(source, 'picket secrets in the store 1');
  }

  /** Opens the key, which `Seals.open` has made. Throws `key_passphrase_wrong`. */
  static async open(custody: Custody): Promise<SecretBox> {
    const key = await loadSealKey(custody);
    if (key === null) throw new Error('the key that seals desired states is opened first');
    return new SecretBox(key);
  }

  /** @param purpose what the secret is for: only a call of {@link open} with the same purpose reads it */
  close(secret: string, purpose: string): string {
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv(algorithm, this.#key, nonce).setAAD(Buffer.from(purpose));
    const encrypted = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), encrypted]).toString('base64url');
  }

  /** null for what this key did not encrypt for this purpose. */
  open(closed: string, purpose: string): string | null {
    const bytes = Buffer.from(closed, 'base64url');
    if (bytes.length < nonceBytes + tagBytes) return null;
    try {
      const decipher = createDecipheriv(algorithm, this.#key, bytes.subarray(0, nonceBytes))
        .setAAD(Buffer.from(purpose))
        .setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
      return Buffer.concat([decipher.update(bytes.subarray(nonceBytes + tagBytes)), decipher.final()]).toString('utf8');
    } catch {
      return null;
    }
  }
}
