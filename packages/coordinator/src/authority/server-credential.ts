import { readFile } from 'node:fs/promises';
import { PicketError } from '@picket/shared/errors.ts';
import { type Certificate, parseCertificate } from '@picket/shared/pki/certificate.ts';
import { type Credential, readCredential, writeCredential } from '@picket/shared/pki/credential.ts';
import { generateKey, publicKeyOf } from '@picket/shared/pki/keys.ts';
import { canonicalSans, type San } from '@picket/shared/pki/san.ts';
import { writeWholeFile } from '../files/whole-file.ts';
import type { Authorities } from './authorities.ts';
import { lifetimes, serverRenewalDueAt } from './lifetimes.ts';

export interface ServerCredentialDeps {
  readonly authorities: Authorities;
  readonly inventoryId: string;
  readonly now: () => number;
}

export interface ServerIdentity {
  /** The one file of certificate and key (0600, R9). */
  readonly path: string;
  readonly commonName: string;
  readonly sans: readonly San[];
}

/**
 * Why the coordinator's server certificate is to be renewed, in words; null while it is not: it has not begun (R14), two
 * thirds of its life are over, it has other names than wanted, or another authority's signature.
 * @param now milliseconds since the epoch
 */
export function serverCertificateDue(
  certificate: Certificate,
  wanted: { readonly sans: readonly San[]; readonly authority: Certificate },
  now: number,
): string | null {
  const begin = certificate.notBefore.getTime();
  // By a clock that was ahead; else nobody could connect until then. An authority that is ahead itself has no better one.
  if (begin > now && wanted.authority.notBefore.getTime() <= now) return 'its beginning lies ahead';
  if (now >= serverRenewalDueAt(certificate)) return 'two thirds of its life are over';
  if (namesOf(certificate.sans) !== namesOf(canonicalSans(wanted.sans))) return 'its names have changed';
  if (!certificate.x509.verify(wanted.authority.publicKey)) return 'the control authority has changed';
  return null;
}

/**
 * The coordinator's server certificate with its key: the one in the file, or a new one, with a new key, where that is
 * missing or due. Throws what `issue` throws, and what a damaged file brings about.
 */
export async function ensureServerCredential(
  deps: ServerCredentialDeps,
  identity: ServerIdentity,
): Promise<Credential> {
  const { authorities } = deps;
  const stored = await readStored(identity.path);
  const wanted = { sans: identity.sans, authority: authorities.control.certificate };
  if (stored !== null && serverCertificateDue(stored.certificate, wanted, deps.now()) === null) return stored;
  const key = await generateKey('p256');
  const { certificate } = await authorities.issue({
    purpose: 'coordinator',
    cluster: null,
    principal: `urn:picket:coordinator:${deps.inventoryId}`,
    commonName: identity.commonName,
    sans: identity.sans,
    publicKey: publicKeyOf(key),
    lifetimeMs: lifetimes.coordinator,
  });
  const credential: Credential = { certificate: parseCertificate(certificate.pem), chain: [], key };
  await writeWholeFile({ path: identity.path, content: writeCredential(credential) });
  return credential;
}

/** How often to look whether the certificate is due, where a third of its life is left to renew it in. */
const lookEveryMs = 3_600_000;

/** The coordinator's server certificate in a process that may run for years. */
export class ServerCertificate {
  readonly #deps: ServerCredentialDeps;
  readonly #identity: ServerIdentity;
  /** Told of what keeps the certificate from being renewed. */
  readonly #refused: (error: PicketError) => void;
  #credential: Credential;
  #lookedAt: number;

  private constructor(
    deps: ServerCredentialDeps,
    identity: ServerIdentity,
    refused: (error: PicketError) => void,
    credential: Credential,
  ) {
    this.#deps = deps;
    this.#identity = identity;
    this.#refused = refused;
    this.#credential = credential;
    this.#lookedAt = deps.now();
  }

  /** Throws as {@link ensureServerCredential} does. */
  static async open(
    deps: ServerCredentialDeps,
    identity: ServerIdentity,
    refused: (error: PicketError) => void,
  ): Promise<ServerCertificate> {
    return new ServerCertificate(deps, identity, refused, await ensureOrStored(deps, identity, refused));
  }

  get credential(): Credential {
    return this.#credential;
  }

  /** Looks once an hour, and at once after a clock was set; whether there is a new one. */
  async renewWhenDue(): Promise<boolean> {
    const now = this.#deps.now();
    if (Math.abs(now - this.#lookedAt) < lookEveryMs) return false;
    this.#lookedAt = now;
    const { serial } = this.#credential.certificate;
    this.#credential = await ensureOrStored(this.#deps, this.#identity, this.#refused);
    return this.#credential.certificate.serial !== serial;
  }
}

/** A board whose clock is behind until time sync goes on with the certificate it has. */
async function ensureOrStored(
  deps: ServerCredentialDeps,
  identity: ServerIdentity,
  refused: (error: PicketError) => void,
): Promise<Credential> {
  try {
    return await ensureServerCredential(deps, identity);
  } catch (error) {
    if (!(error instanceof PicketError) || error.code !== 'clock_behind') throw error;
    const stored = await readStored(identity.path);
    if (stored === null) throw error;
    refused(error);
    return stored;
  }
}

async function readStored(path: string): Promise<Credential | null> {
  try {
    return readCredential(await readFile(path, 'utf8'));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

function namesOf(sans: readonly San[]): string {
  return sans
    .map((san) => `${san.type}:${san.value}`)
    .sort()
    .join(' ');
}
