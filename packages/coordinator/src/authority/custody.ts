import { hkdfSync, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { failure } from '@picket/shared/errors.ts';
import { Authority } from '@picket/shared/pki/authority.ts';
import { parseCertificate } from '@picket/shared/pki/certificate.ts';
import { issueAuthority } from '@picket/shared/pki/issue.ts';
import { type DeriveKey, KeyCipher } from '@picket/shared/pki/key-cipher.ts';
import { generateKey, type KeyType } from '@picket/shared/pki/keys.ts';
import { randomSerial } from '@picket/shared/pki/serial.ts';
import type { FileToWrite } from '@picket/shared/whole-file.ts';
import { readIfThere, writeWholeDirectory } from '../files/whole-file.ts';
import { lifetimeFrom, lifetimes } from './lifetimes.ts';

/**
 * The authorities as files below `directory`, their keys encrypted (PKCS#8, scrypt):
 *
 *     control/certificate.pem, key.pem
 *     clusters/ID/client.certificate.pem, client.key.pem, peer.certificate.pem, peer.key.pem
 *     seal/key.pem
 *
 * A folder is made whole, in one rename, and never overwritten.
 */
export class Custody {
  readonly directory: string;
  readonly cipher: KeyCipher;

  /** @param derive for a process that opens the same keys often */
  constructor(directory: string, passphrase: string, derive?: DeriveKey) {
    this.directory = directory;
    this.cipher = new KeyCipher(passphrase, derive);
  }
}

/** A cluster has two, so that no client can pass as a peer. */
export interface ClusterAuthorities {
  readonly client: Authority;
  readonly peer: Authority;
}

interface AuthorityOptions {
  readonly name: string;
  readonly keyType: KeyType;
  readonly now: number;
}

/**
 * Makes the control authority. Throws `authority_exists`.
 *
 * @param options.name distinguishes the subject from those of other coordinators; at most 40 characters of it are used
 */
export async function createControlAuthority(custody: Custody, options: AuthorityOptions): Promise<Authority> {
  // Allows one authority below: this one cross-signs its successor, so that nodes that were off for long, and old pins,
  // still work.
  const subject = { commonName: `${shorten(options.name)} control CA`, pathLength: 1 };
  const made = await makeAuthority(custody, options, subject);
  await keep(join(custody.directory, 'control'), filesOf('', made));
  return made.authority;
}

/** Makes the authorities of a cluster. Throws `authority_exists`. */
export async function createClusterAuthorities(
  custody: Custody,
  options: AuthorityOptions & { readonly clusterId: string },
): Promise<ClusterAuthorities> {
  // The id makes the subject unique to this cluster: another cluster with the same name has another authority.
  const label = `${shorten(options.name)} ${options.clusterId.slice(0, 8)}`;
  const client = await makeAuthority(custody, options, { commonName: `${label} client CA`, pathLength: 0 });
  const peer = await makeAuthority(custody, options, { commonName: `${label} peer CA`, pathLength: 0 });
  await keep(clusterDirectory(custody, options.clusterId), [...filesOf('client.', client), ...filesOf('peer.', peer)]);
  return { client: client.authority, peer: peer.authority };
}

/** Throws `authority_missing`, `key_passphrase_wrong`, `authority_unusable`, and the errors of a damaged file. */
export async function loadControlAuthority(custody: Custody): Promise<Authority> {
  return load(custody, join(custody.directory, 'control'), '', 'of the coordinator');
}

/** As {@link loadControlAuthority}. */
export async function loadClusterAuthorities(custody: Custody, clusterId: string): Promise<ClusterAuthorities> {
  const directory = clusterDirectory(custody, clusterId);
  return {
    client: await load(custody, directory, 'client.', `for clients of cluster ${clusterId}`),
    peer: await load(custody, directory, 'peer.', `for peers of cluster ${clusterId}`),
  };
}

/** Makes the key that seals desired states (R5). Throws `authority_exists`. */
export async function createSealKey(custody: Custody): Promise<KeyObject> {
  const key = await generateKey('p256');
  await keep(sealDirectory(custody), [{ path: 'key.pem', content: custody.cipher.encrypt(key) }]);
  return key;
}

/** The 32 bytes of a key that is derived from the sealing key (HKDF-SHA-256), another for each purpose. */
export function derivedKey(sealKey: KeyObject, purpose: string): Buffer {
  const secret = Buffer.from(sealKey.export({ format: 'jwk' }).d ?? '', 'base64url');
  return Buffer.from(hkdfSync('sha256', secret, '', purpose, 32));
}

/** null if there is no key yet. Throws `key_passphrase_wrong` and the errors of a damaged file. */
export async function loadSealKey(custody: Custody): Promise<KeyObject | null> {
  const pem = await readIfThere(join(sealDirectory(custody), 'key.pem'));
  return pem === null ? null : custody.cipher.decrypt(pem);
}

interface MadeAuthority {
  readonly authority: Authority;
  /** Authorities do not return their key, so it is encrypted where it is made. */
  readonly encryptedKey: string;
}

async function makeAuthority(
  custody: Custody,
  { keyType, now }: AuthorityOptions,
  subject: { readonly commonName: string; readonly pathLength: number },
): Promise<MadeAuthority> {
  const key = await generateKey(keyType);
  const lifetime = lifetimeFrom(now, lifetimes.authority);
  const authority = issueAuthority({ ...subject, key, serial: randomSerial(), ...lifetime });
  return { authority, encryptedKey: custody.cipher.encrypt(key) };
}

function filesOf(prefix: string, made: MadeAuthority): FileToWrite[] {
  return [
    { path: `${prefix}certificate.pem`, content: made.authority.certificate.pem },
    { path: `${prefix}key.pem`, content: made.encryptedKey },
  ];
}

async function keep(path: string, files: readonly FileToWrite[]): Promise<void> {
  try {
    await writeWholeDirectory(path, files);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    throw code === 'ENOTEMPTY' || code === 'EEXIST' ? failure('authority_exists', { path }, { cause: error }) : error;
  }
}

async function load(custody: Custody, directory: string, prefix: string, authority: string): Promise<Authority> {
  async function read(name: string): Promise<string> {
    const path = join(directory, `${prefix}${name}`);
    return readFile(path, 'utf8').catch((error: unknown) => {
      throw failure('authority_missing', { authority, path: directory }, { cause: error });
    });
  }
  const certificate = parseCertificate(await read('certificate.pem'));
  return new Authority(certificate, custody.cipher.decrypt(await read('key.pem')));
}

function sealDirectory(custody: Custody): string {
  return join(custody.directory, 'seal');
}

function clusterDirectory(custody: Custody, clusterId: string): string {
  return join(custody.directory, 'clusters', clusterId);
}

// A common name has at most 64 characters (RFC 5280, upper bounds), and a cluster's name alone may have 63.
function shorten(name: string): string {
  return name.slice(0, 40);
}
