import type { KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { failure } from '@picket/shared/errors.ts';
import { Authority } from '@picket/shared/pki/authority.ts';
import { parseCertificate } from '@picket/shared/pki/certificate.ts';
import { issueAuthority } from '@picket/shared/pki/issue.ts';
import { type DeriveKey, KeyCipher } from '@picket/shared/pki/key-cipher.ts';
import { generateKey, type KeyType } from '@picket/shared/pki/keys.ts';
import { randomSerial } from '@picket/shared/pki/serial.ts';
import { type WholeFile, writeWholeDirectory } from '../files/whole-file.ts';
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
  readonly #cipher: KeyCipher;

  /** @param derive for a process that opens the same keys often */
  constructor(directory: string, passphrase: string, derive?: DeriveKey) {
    this.directory = directory;
    this.#cipher = new KeyCipher(passphrase, derive);
  }

  encrypt(key: KeyObject): string {
    return this.#cipher.encrypt(key);
  }

  /** See {@link KeyCipher.keyFor}. */
  keyFor(...asked: Parameters<KeyCipher['keyFor']>): ReturnType<KeyCipher['keyFor']> {
    return this.#cipher.keyFor(...asked);
  }

  /** Throws `key_malformed`, `key_passphrase_wrong`. */
  decrypt(pem: string): KeyObject {
    return this.#cipher.decrypt(pem);
  }
}

/** A cluster has two, so that no client can pass as a peer. */
export interface ClusterAuthorities {
  readonly client: Authority;
  readonly peer: Authority;
}

/**
 * Makes the control authority. Throws `authority_exists`.
 *
 * @param options.name distinguishes the subject from those of other coordinators; at most 40 characters of it are used
 */
export async function createControlAuthority(
  custody: Custody,
  options: { readonly name: string; readonly keyType: KeyType; readonly now: number },
): Promise<Authority> {
  // Allows one authority below: this one cross-signs its successor, so that nodes that were off for long, and old pins,
  // still work.
  const made = await makeAuthority(custody, {
    ...options,
    commonName: `${shorten(options.name)} control CA`,
    pathLength: 1,
  });
  await keep(join(custody.directory, 'control'), filesOf('', made));
  return made.authority;
}

/** Makes the authorities of a cluster. Throws `authority_exists`. */
export async function createClusterAuthorities(
  custody: Custody,
  options: { readonly clusterId: string; readonly name: string; readonly keyType: KeyType; readonly now: number },
): Promise<ClusterAuthorities> {
  // The id makes the subject unique to this cluster: another cluster with the same name has another authority.
  const label = `${shorten(options.name)} ${options.clusterId.slice(0, 8)}`;
  const client = await makeAuthority(custody, { ...options, commonName: `${label} client CA`, pathLength: 0 });
  const peer = await makeAuthority(custody, { ...options, commonName: `${label} peer CA`, pathLength: 0 });
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
  await keep(sealDirectory(custody), [{ path: 'key.pem', content: custody.encrypt(key) }]);
  return key;
}

/** null if there is no key yet. Throws `key_passphrase_wrong` and the errors of a damaged file. */
export async function loadSealKey(custody: Custody): Promise<KeyObject | null> {
  const pem = await readFile(join(sealDirectory(custody), 'key.pem'), 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  });
  return pem === null ? null : custody.decrypt(pem);
}

interface MadeAuthority {
  readonly authority: Authority;
  /** Authorities do not return their key, so it is encrypted where it is made. */
  readonly encryptedKey: string;
}

async function makeAuthority(
  custody: Custody,
  options: {
    readonly commonName: string;
    readonly keyType: KeyType;
    readonly pathLength: number;
    readonly now: number;
  },
): Promise<MadeAuthority> {
  const key = await generateKey(options.keyType);
  const authority = issueAuthority({
    commonName: options.commonName,
    key,
    serial: randomSerial(),
    pathLength: options.pathLength,
    ...lifetimeFrom(options.now, lifetimes.authority),
  });
  return { authority, encryptedKey: custody.encrypt(key) };
}

function filesOf(prefix: string, made: MadeAuthority): WholeFile[] {
  return [
    { path: `${prefix}certificate.pem`, content: made.authority.certificate.pem },
    { path: `${prefix}key.pem`, content: made.encryptedKey },
  ];
}

async function keep(path: string, files: readonly WholeFile[]): Promise<void> {
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
  return new Authority(certificate, custody.decrypt(await read('key.pem')));
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
