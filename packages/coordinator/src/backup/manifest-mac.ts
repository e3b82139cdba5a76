import { createHmac, timingSafeEqual } from 'node:crypto';
import { failure } from '@picket/shared/errors.ts';
import type { KeyCipher } from '@picket/shared/pki/key-cipher.ts';
import { parsedAs } from '@picket/shared/protocol/check.ts';
import { strict } from '@picket/shared/protocol/primitives.ts';
import type { Static } from 'typebox';
import * as Type from 'typebox';

const purpose = 'picket manifest of a backup 2';

/** Proves that somebody with the passphrase wrote exactly these octets as manifest: an HMAC-SHA-256, in hexadecimal digits. */
const ManifestMac = Type.Object(
  { salt: Type.String({ pattern: '^[0-9a-f]{32}$' }), mac: Type.String({ pattern: '^[0-9a-f]{64}$' }) },
  strict,
);

/**
 * Makes keys from the passphrase alone. The key that seals desired states is no source for a MAC: it is in the archive, and its
 * encryption (AES-CBC) authenticates nothing, so that somebody who knows only the archive could put a key there that they know.
 */
export type MacKeys = Pick<KeyCipher, 'keyFor'>;

/** The second file of an archive with this manifest. */
export function macOf(keys: MacKeys, manifest: Buffer): Static<typeof ManifestMac> {
  const { salt, key } = keys.keyFor(purpose);
  return { salt: salt.toString('hex'), mac: hmac(key, manifest).toString('hex') };
}

/**
 * Decides whether to believe a manifest, before anything of it counts. Gets the second file of the archive, or null for the
 * manifest of a version that made no MAC. Throws if not.
 */
export type JudgeManifest = (manifest: Buffer, mac: string | null) => void;

/** For a check of what was just written: the hashes alone. A restore never uses this. */
export const wholeIsEnough: JudgeManifest = () => undefined;

/**
 * Believes only what was made with this passphrase, compared in constant time. Throws `backup_not_authentic`,
 * `backup_damaged`, and `backup_without_mac` unless that is accepted.
 */
export function authenticBy(
  keys: MacKeys,
  { path, passphraseFile, withoutMac }: { path: string; passphraseFile: string; withoutMac: boolean },
): JudgeManifest {
  return (manifest, text) => {
    if (text === null) {
      if (withoutMac) return;
      throw failure('backup_without_mac', { path });
    }
    const shown = parsedAs(ManifestMac, text);
    if (shown === null) throw failure('backup_damaged', { path, problem: 'its MAC cannot be read' });
    const { key } = keys.keyFor(purpose, Buffer.from(shown.salt, 'hex'));
    if (timingSafeEqual(hmac(key, manifest), Buffer.from(shown.mac, 'hex'))) return;
    throw failure('backup_not_authentic', { path, passphraseFile });
  };
}

function hmac(key: Buffer, manifest: Buffer): Buffer {
  return createHmac('sha256', key).update(manifest).digest();
}
