import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
  scryptSync,
} from 'node:crypto';
import { failure } from '../errors.ts';
import {
  DerError,
  type DerNode,
  decodeDer,
  encodeDer,
  fieldsOfSequence,
  oid,
  oidOf,
  primitive,
  refusing,
  sequence,
  Tag,
  universalOctets,
  unsignedInteger,
} from './der.ts';
import { requireSingleKey } from './keys.ts';
import { toPem } from './pem.ts';

const label = 'ENCRYPTED PRIVATE KEY';
const pbes2 = '1.2.840.113549.1.5.13';
const scrypt = '1.3.6.1.4.1.11591.4.11';
const aes256Cbc = '2.16.840.1.101.3.4.1.42';
/** 16 MiB of memory for each guess. It is the most that OpenSSL reads without a higher limit. */
const cost = { N: 2 ** 14, r: 8, p: 1 } as const;
const keyBytes = 32;
const maxPassphraseBytes = 1024;

/** Makes the key of 32 bytes that a passphrase and a salt stand for. */
export type DeriveKey = (passphrase: string, salt: Buffer) => Buffer;

/** scrypt (RFC 7914) with 16 MiB for each guess: about 60 ms of a small computer. */
export function deriveByScrypt(passphrase: string, salt: Buffer): Buffer {
  return scryptSync(passphrase, salt, keyBytes, cost);
}

/**
 * Encrypts private keys for the disk: PKCS#8 with PBES2 (RFC 8018), scrypt (RFC 7914, section 7) and AES-256-CBC. OpenSSL
 * reads that. Keys of one cipher share a salt, each has an IV of its own: so a start that reads a hundred keys derives one.
 */
export class KeyCipher {
  // Private, so that printing or logging it shows no secret (R11).
  readonly #passphrase: string;
  readonly #derive: DeriveKey;
  readonly #derived = new Map<string, Buffer>();
  #salt: Buffer = randomBytes(16);

  /**
   * Throws RangeError unless the passphrase has 1–1024 bytes.
   *
   * @param derive {@link deriveByScrypt}, or a memory of its results
   */
  constructor(passphrase: string, derive: DeriveKey = deriveByScrypt) {
    const bytes = Buffer.byteLength(passphrase);
    if (bytes === 0 || bytes > maxPassphraseBytes) {
      throw new RangeError(`A key passphrase must have 1–${maxPassphraseBytes} bytes.`);
    }
    this.#passphrase = passphrase;
    this.#derive = derive;
  }

  encrypt(key: KeyObject): string {
    const iv = randomBytes(16);
    const cipher = createCipheriv('aes-256-cbc', this.#keyFor(this.#salt), iv);
    const plain = key.export({ type: 'pkcs8', format: 'der' });
    const encrypted = Buffer.concat([cipher.update(plain), cipher.final()]);
    const derivation = sequence(oid(scrypt), encodeCost(this.#salt));
    const encryption = sequence(oid(aes256Cbc), octetString(iv));
    const algorithm = sequence(oid(pbes2), sequence(derivation, encryption));
    return toPem(label, encodeDer(sequence(algorithm, octetString(encrypted))));
  }

  /**
   * Reads what {@link encrypt} wrote. Throws `key_passphrase_wrong`, and `key_malformed` for anything else: also for a key that
   * is not encrypted, so that nobody stores one by mistake. No error holds a secret.
   */
  decrypt(pem: string): KeyObject {
    const der = requireSingleKey(pem, [label]);
    const { salt, iv, encrypted } = refusing(malformed, () => readEncrypted(der));
    const key = this.#keyFor(salt);
    try {
      const decipher = createDecipheriv('aes-256-cbc', key, iv);
      const plain = Buffer.concat([decipher.update(encrypted), decipher.final()]);
      this.#salt = salt;
      return createPrivateKey({ key: plain, format: 'der', type: 'pkcs8' });
    } catch {
      throw failure('key_passphrase_wrong', {});
    }
  }

  /**
   * A key of 32 bytes for another purpose than encrypting, by HKDF from what the passphrase and the salt make. Nobody learns it
   * from the encrypted keys, nor those from it. Without a salt it takes the one of the keys that it read or wrote last, which
   * costs nothing more.
   */
  keyFor(purpose: string, salt: Buffer = this.#salt): { readonly salt: Buffer; readonly key: Buffer } {
    return { salt, key: Buffer.from(hkdfSync('sha256', this.#keyFor(salt), '', purpose, keyBytes)) };
  }

  #keyFor(salt: Buffer): Buffer {
    const name = salt.toString('hex');
    const key = this.#derived.get(name) ?? this.#derive(this.#passphrase, salt);
    this.#derived.set(name, key);
    return key;
  }
}

function readEncrypted(der: Buffer): { readonly salt: Buffer; readonly iv: Buffer; readonly encrypted: Buffer } {
  const info = fieldsOfSequence(decodeDer(der), 'the encrypted key');
  const algorithm = fieldsOfSequence(info.next(), 'its algorithm');
  requireOid(algorithm.next(), pbes2);
  const parameters = fieldsOfSequence(algorithm.next(), 'the parameters of PBES2');
  const derivation = fieldsOfSequence(parameters.next(), 'the key derivation');
  requireOid(derivation.next(), scrypt);
  const scryptParameters = derivation.next();
  const [salt] = fieldsOfSequence(scryptParameters, 'the parameters of scrypt').rest();
  const encryption = fieldsOfSequence(parameters.next(), 'the encryption scheme');
  requireOid(encryption.next(), aes256Cbc);
  const read = {
    salt: salt === undefined ? Buffer.alloc(0) : universalOctets(salt, Tag.octetString, 'the salt'),
    iv: universalOctets(encryption.next(), Tag.octetString, 'the IV'),
    encrypted: universalOctets(info.next(), Tag.octetString, 'the encrypted octets'),
  };
  // A file with a higher cost could keep a start busy, one with a lower cost would be easier to guess.
  if (!encodeDer(scryptParameters).equals(encodeDer(encodeCost(read.salt)))) {
    throw new DerError('its key was derived with another cost');
  }
  return read;
}

function encodeCost(salt: Buffer): DerNode {
  const numbers = [cost.N, cost.r, cost.p].map((number) => unsignedInteger(Buffer.from(evenHex(number), 'hex')));
  return sequence(octetString(salt), ...numbers);
}

function evenHex(number: number): string {
  const hex = number.toString(16);
  return hex.length % 2 === 0 ? hex : `0${hex}`;
}

function octetString(octets: Uint8Array): DerNode {
  return primitive(Tag.octetString, octets);
}

function requireOid(node: DerNode, wanted: string): void {
  if (oidOf(node, 'an algorithm') !== wanted) throw new DerError('it is not encrypted by scrypt and AES-256-CBC');
}

function malformed(problem: string) {
  return failure('key_malformed', { problem });
}
