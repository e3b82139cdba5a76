import { deriveByScrypt } from '@picket/shared/pki/key-cipher.ts';

const derived = new Map<string, Buffer>();

/** As scrypt does, once for each passphrase and salt: a fifth of the time of the tests of the API went into this. */
export function deriveOnce(passphrase: string, salt: Buffer): Buffer {
  const name = `${passphrase} ${salt.toString('hex')}`;
  const key = derived.get(name) ?? deriveByScrypt(passphrase, salt);
  derived.set(name, key);
  return key;
}
