import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { failure } from '../errors.ts';
import { splitPem } from './pem.ts';

/** The kinds of key that Picket makes. */
export type KeyType = 'p256' | 'rsa2048';

const generate = promisify(generateKeyPair);
const plainLabels = ['PRIVATE KEY', 'EC PRIVATE KEY', 'RSA PRIVATE KEY'];
const maxKeyPemLength = 16 * 1024;

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

/** The DER of text that is exactly one private key with one of these labels. Throws `pem_malformed`, `key_malformed`. */
export function requireSingleKey(pem: string, labels: readonly string[]): Buffer {
  const blocks = splitPem(pem, 'a private key', maxKeyPemLength);
  const [block] = blocks;
  if (block === undefined || blocks.length > 1) {
    throw failure('key_malformed', { problem: `it holds ${blocks.length} PEM blocks where one belongs` });
  }
  if (!labels.includes(block.label)) {
    throw failure('key_malformed', { problem: `it is a ${block.label} where a ${labels.join(' or ')} belongs` });
  }
  return block.der;
}
