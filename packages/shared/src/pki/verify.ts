import { failure } from '../errors.ts';
import { type Certificate, describeCertificate } from './certificate.ts';
import { excerpt } from './excerpt.ts';

export interface VerifyOptions {
  /** Certificates that the peer sent along; they are believed only as far as an authority vouches for them. */
  readonly intermediates?: readonly Certificate[];
  /** What the certificate must be allowed to do. One without extKeyUsage may do anything (RFC 5280 4.2.1.12). */
  readonly purpose?: 'serverAuth' | 'clientAuth';
}

// Bounds the work that a stranger's chain can cause: Picket's own chains have at most one.
const maxIntermediates = 4;

/**
 * Whether one of `authorities` vouches for `certificate`: by name, key identifier, signature, CA:TRUE, path length and
 * purpose. **Dates are not looked at**, so that an agent whose clock is wrong can still tell who it talks to (R14); see
 * {@link checkDates}. Revocation and host names are the caller's as well.
 * @returns the chain, from the certificate to the authority
 * @throws `certificate_untrusted` with the reason
 */
export function verifyIssued(
  certificate: Certificate,
  authorities: readonly Certificate[],
  options: VerifyOptions = {},
): Certificate[] {
  const { intermediates = [], purpose } = options;
  function untrusted(problem: string) {
    return failure('certificate_untrusted', { certificate: describeCertificate(certificate), problem });
  }
  if (intermediates.length > maxIntermediates) {
    throw untrusted(`it comes with more than ${maxIntermediates} intermediate certificates`);
  }
  const usages = certificate.extendedKeyUsage;
  if (purpose !== undefined && usages !== undefined && !usages.includes(purpose)) {
    if (!usages.includes('anyExtendedKeyUsage')) {
      throw untrusted(`it is not for ${purpose}, only for ${excerpt(usages.join(', '))}`);
    }
  }
  const unknown = certificate.unknownCritical[0];
  if (unknown !== undefined) throw untrusted(`its critical extension ${unknown} is not known`);
  const chain = findChain(certificate, authorities, intermediates, 0);
  if (chain === undefined) throw untrusted(missingIssuer(certificate, authorities));
  return chain;
}

/** Throws `certificate_not_yet_valid` or `certificate_expired`; both ends of the lifetime are valid (RFC 5280). */
export function checkDates(certificate: Certificate, now: Date): void {
  const name = describeCertificate(certificate);
  if (now < certificate.notBefore) {
    throw failure('certificate_not_yet_valid', {
      certificate: name,
      notBefore: certificate.notBefore.toISOString(),
      now: now.toISOString(),
    });
  }
  // A notAfter of 12:00:00 means the whole of that second.
  if (now.getTime() >= certificate.notAfter.getTime() + 1000) {
    throw failure('certificate_expired', {
      certificate: name,
      notAfter: certificate.notAfter.toISOString(),
      now: now.toISOString(),
    });
  }
}

function findChain(
  certificate: Certificate,
  authorities: readonly Certificate[],
  intermediates: readonly Certificate[],
  below: number,
): Certificate[] | undefined {
  const anchor = authorities.find((candidate) => issued(candidate, certificate, below));
  if (anchor !== undefined) return [certificate, anchor];
  for (const candidate of intermediates) {
    if (!issued(candidate, certificate, below)) continue;
    const others = intermediates.filter((other) => other !== candidate);
    const chain = findChain(candidate, authorities, others, below + 1);
    if (chain !== undefined) return [certificate, ...chain];
  }
  return undefined;
}

/** @param below how many authorities stand between the two and the end of the chain */
function issued(issuer: Certificate, certificate: Certificate, below: number): boolean {
  return (
    issuer.isAuthority &&
    issuer.unknownCritical.length === 0 &&
    (issuer.pathLength === undefined || issuer.pathLength >= below) &&
    issuer.subject.equals(certificate.issuer) &&
    (issuer.subjectKeyId === undefined ||
      certificate.authorityKeyId === undefined ||
      issuer.subjectKeyId === certificate.authorityKeyId) &&
    certificate.x509.verify(issuer.publicKey)
  );
}

function missingIssuer(certificate: Certificate, authorities: readonly Certificate[]): string {
  const issuer = excerpt(certificate.issuerCommonName ?? 'without a name');
  return authorities.some((authority) => authority.subject.equals(certificate.issuer))
    ? `it says it is from the authority ${issuer}, but the trusted one of that name did not sign it`
    : `its issuer ${issuer} is not among the trusted authorities`;
}
