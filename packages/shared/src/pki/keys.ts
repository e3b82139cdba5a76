import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { failure } from '../errors.ts';
import { splitPem } from './pem.ts';

/** The kinds of key that Picket makes. */
export type KeyType = 'p256' | 'rsa2048';

const generate = promisify(generateKeyPair);
const plainLabels = ['PRIVATE KEY', 'EC PRIVATE KEY', 'RSA PRIVATE KEY'];
const encryptedLabel = 'ENCRYPTED PRIVATE KEY';
const maxKeyPemLength = 16 * 1024;
// Node reads at most this much of a passphrase when it decrypts, though it would encrypt with more.
const maxPassphraseBytes = 1024;

/** A new private key; {@link publicKeyOf} gives its public half. */
export async function generateKey(type: KeyType): Promise<KeyObject> {
  const pair =
    type === 'p256'
      ? await generate('ec', { namedCurve: 'P-256' })
      : await generate('rsa', { modulusLength: 2048, publicExponent: 65537 });
  return pair.privateKey;
}

export function publicKeyOf(privateKey: KeyObject): KeyObject {
  return createPublicKey(privateKey);
}

/** PKCS#8, not encrypted: for a node's own files only, which are 0600 (R11). */
export function exportPrivateKeyPem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/**
 * PKCS#8 encrypted with AES-256-CBC (PBES2, RFC 8018). OpenSSL derives the key by 2048 rounds of PBKDF2 only, so the
 * passphrase must be random, not remembered. Throws RangeError unless it has 1–1024 bytes.
 */
export function encryptPrivateKeyPem(key: KeyObject, passphrase: string): string {
  const bytes = Buffer.byteLength(passphrase);
  if (bytes === 0 || bytes > maxPassphraseBytes) {
    throw new RangeError(`A key passphrase must have 1–${maxPassphraseBytes} bytes.`);
  }
  return key.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase }).toString();
}

/**
 * Reads what {@link encryptPrivateKeyPem} wrote. Throws `key_malformed` for a key that is not encrypted, since
 * whoever stores keys encrypted must learn of one that is not, and `key_passphrase_wrong`; neither holds a secret.
 */
export function decryptPrivateKeyPem(pem: string, passphrase: string): KeyObject {
  requireSingleKey(pem, [encryptedLabel]);
  try {
    return createPrivateKey({ key: pem, format: 'pem', passphrase });
  } catch {
    throw failure('key_passphrase_wrong', {});
  }
}

/**
 * Reads a private key that is not encrypted: PKCS#8, or SEC 1 and PKCS#1 as cfssl writes them. Throws `pem_malformed`
 * or `key_malformed`, which hold nothing of the key.
 */
export function loadPrivateKeyPem(pem: string): KeyObject {
  requireSingleKey(pem, plainLabels);
  try {
    return createPrivateKey({ key: pem, format: 'pem' });
  } catch {
    throw failure('key_malformed', { problem: 'its content is damaged or of an unknown kind' });
  }
}

/** Whether a PEM block of this label is a private key of any kind, readable or not. */
export function isPrivateKeyLabel(label: string): boolean {
  return label.endsWith('PRIVATE KEY');
}

function requireSingleKey(pem: string, labels: readonly string[]): void {
  const blocks = splitPem(pem, 'a private key', maxKeyPemLength);
  const [block] = blocks;
  if (block === undefined || blocks.length > 1) {
    throw failure('key_malformed', { problem: `it holds ${blocks.length} PEM blocks where one belongs` });
  }
  if (!labels.includes(block.label)) {
    throw failure('key_malformed', { problem: `it is a ${block.label} where a ${labels.join(' or ')} belongs` });
  }
}
