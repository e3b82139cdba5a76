import { PicketError } from '@picket/shared/errors.ts';
import { readBundle } from '@picket/shared/pki/bundle.ts';
import type { Certificate } from '@picket/shared/pki/certificate.ts';
import { readCredential } from '@picket/shared/pki/credential.ts';
import { verifyIssued } from '@picket/shared/pki/verify.ts';
import type { HeldCertificate } from '@picket/shared/protocol/report.ts';
import type { LeafPurpose } from '@picket/shared/protocol/words.ts';
import type { CredentialState } from '../reconcile/model.ts';
import { sanTexts } from '../reconcile/plan-credentials.ts';

/** What a certificate must be allowed to do. etcd’s gateway dials its own server with the server certificate. */
export const usagesOf: Readonly<Record<LeafPurpose, readonly ('serverAuth' | 'clientAuth')[]>> = {
  server: ['serverAuth', 'clientAuth'],
  peer: ['serverAuth', 'clientAuth'],
  client: ['clientAuth'],
};

/** What the file of one purpose holds; a bad file is a state, never an error. No date is judged here (R14). */
export function credentialState(
  pem: string | null,
  purpose: LeafPurpose,
  bundle: readonly Certificate[],
): CredentialState {
  if (pem === null) return { kind: 'missing' };
  try {
    const { certificate, chain } = readCredential(pem);
    return {
      kind: 'held',
      held: heldCertificate(certificate, purpose),
      from: certificate.notBefore.getTime(),
      until: certificate.notAfter.getTime(),
      commonName: certificate.commonName ?? '',
      sans: sanTexts(certificate.sans),
      issuedByBundle: isIssued(certificate, chain, purpose, bundle),
    };
  } catch (error) {
    if (error instanceof PicketError) return { kind: 'unusable', why: `the one held cannot be used: ${error.message}` };
    throw error;
  }
}

/** A certificate as it is reported. */
export function heldCertificate(certificate: Certificate, purpose: HeldCertificate['purpose']): HeldCertificate {
  return {
    purpose,
    serial: certificate.serial,
    notBefore: certificate.notBefore.toISOString(),
    notAfter: certificate.notAfter.toISOString(),
  };
}

/** The certificates of a bundle; none where it cannot be read. */
export function certificatesOf(bundle: string | null): readonly Certificate[] {
  if (bundle === null) return [];
  try {
    return readBundle(bundle);
  } catch (error) {
    if (error instanceof PicketError) return [];
    throw error;
  }
}

function isIssued(
  certificate: Certificate,
  chain: readonly Certificate[],
  purpose: LeafPurpose,
  bundle: readonly Certificate[],
): boolean {
  try {
    for (const usage of usagesOf[purpose]) verifyIssued(certificate, bundle, { purpose: usage, intermediates: chain });
    return true;
  } catch (error) {
    if (error instanceof PicketError) return false;
    throw error;
  }
}
