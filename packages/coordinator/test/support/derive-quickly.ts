import { createHash } from 'node:crypto';

/** In place of scrypt, which takes 50 ms: for keys that only this process reads, in a test of something else. */
export function deriveQuickly(passphrase: string, salt: Buffer): Buffer {
  return createHash('sha256').update(passphrase).update(salt).digest();
}
