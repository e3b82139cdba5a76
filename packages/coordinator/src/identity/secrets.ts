import { hash, timingSafeEqual } from 'node:crypto';

const secretBytes = 24;

/** A new secret of a join string or a login string: 192 random bits as base64url. The store has only its hash (R11). */
export function newSecret({ randomBytes }: { readonly randomBytes: (size: number) => Buffer }): string {
  return randomBytes(secretBytes).toString('base64url');
}

/** The form in which the store keeps a secret. */
export function secretHashOf(secret: string): string {
  return hashOf(secret).toString('hex');
}

/**
 * True if this is the secret that the record was made with. For no record it does the same work and returns false.
 * Compares in constant time.
 */
export function secretMatches(record: { readonly secretHash: string } | null, secret: string): boolean {
  const expected = Buffer.from(record?.secretHash ?? unknownHash, 'hex');
  const equal = timingSafeEqual(hashOf(secret), expected);
  return record !== null && equal;
}

// No secret is known to have this hash, and even with one the record would still be unknown.
const unknownHash = '00'.repeat(32);

// A plain hash is enough: slow hashes protect words that can be guessed, and nobody guesses 192 random bits.
function hashOf(secret: string): Buffer {
  return hash('sha256', secret, 'buffer');
}
