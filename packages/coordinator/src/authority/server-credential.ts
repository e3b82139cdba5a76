import { PicketError } from '@picket/shared/errors.ts';
import { type Certificate, parseCertificate } from '@picket/shared/pki/certificate.ts';
import { type Credential, readCredential, writeCredential } from '@picket/shared/pki/credential.ts';
import { generateKey, publicKeyOf } from '@picket/shared/pki/keys.ts';
import { canonicalSans, type San } from '@picket/shared/pki/san.ts';
import { readIfThere, writeWholeFile } from '../files/whole-file.ts';
import type { Authorities } from './authorities.ts';
import { lifetimes, serverRenewalDueAt } from './lifetimes.ts';

interface ServerCredentialDeps {
  readonly authorities: Authorities;
  readonly inventoryId: string;
  readonly now: () => number;
}

interface ServerIdentity {
  /** The one file of certificate and key (0600, R9). */
  readonly path: string;
  readonly commonName: string;
  readonly sans: readonly San[];
}

/**
 * Why the coordinator's server certificate needs renewal, in words; null if it does not. It does if it is not valid yet
 * (R14), two thirds of its lifetime are over, its names differ from the wanted ones, or another authority signed it.
 * @param now milliseconds since the epoch
 */
export function serverCertificateDue(
  certificate: Certificate,
  wanted: { readonly sans: readonly San[]; readonly authority: Certificate },
  now: number,
): string | null {
  const begin = certificate.notBefore.getTime();
  // It was issued by a clock that was ahead; otherwise nobody could connect until then. If the authority itself is
  // ahead, a new certificate is no better.
  if (begin > now && wanted.authority.notBefore.getTime() <= now) return 'it is not valid yet';
  if (now >= serverRenewalDueAt(certificate)) return 'two thirds of its lifetime are over';
  if (namesOf(certificate.sans) !== namesOf(canonicalSans(wanted.sans))) return 'its names have changed';
  if (!certificate.x509.verify(wanted.authority.publicKey)) return 'the control authority has changed';
  return null;
}

/**
 * The coordinator's server certificate with its key: from the file, or a new one with a new key if that is missing or
 * due. Throws what `issue` throws, and the errors of a damaged file.
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

/** How often to check whether the certificate is due; a third of its lifetime is left to renew it in. */
const lookEveryMs = 3_600_000;

/**
 * The coordinator's server certificate in a process that may run for years. Throws as {@link ensureServerCredential} does.
 *
 * @param refused called with the error that prevents a renewal
 */
export async function openServerCertificate(
  deps: ServerCredentialDeps,
  identity: ServerIdentity,
  refused: (error: PicketError) => void,
) {
  let credential = await ensureOrStored(deps, identity, refused);
  let lookedAt = deps.now();
  return {
    credential: () => credential,

    /** Checks once an hour, and at once after the clock was set. True if there is a new certificate. */
    async renewWhenDue(): Promise<boolean> {
      const now = deps.now();
      if (Math.abs(now - lookedAt) < lookEveryMs) return false;
      lookedAt = now;
      const { serial } = credential.certificate;
      credential = await ensureOrStored(deps, identity, refused);
      return credential.certificate.serial !== serial;
    },
  };
}

/** A board whose clock is behind until time sync keeps its present certificate. */
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
  const text = await readIfThere(path);
  return text === null ? null : readCredential(text);
}

function namesOf(sans: readonly San[]): string {
  return sans
    .map((san) => `${san.type}:${san.value}`)
    .sort()
    .join(' ');
}
