import { createHash } from 'node:crypto';
import { reasonOf } from '@picket/shared/errors.ts';
import { readBundle } from '@picket/shared/pki/bundle.ts';
import type { Certificate } from '@picket/shared/pki/certificate.ts';
import { readCredential } from '@picket/shared/pki/credential.ts';
import { verifyIssued } from '@picket/shared/pki/verify.ts';
import type { LeafPurpose } from '@picket/shared/protocol/primitives.ts';
import type { HeldCertificate } from '@picket/shared/protocol/report.ts';
import type { CredentialState } from '../model/model.ts';
import { sanTexts } from '../model/san-texts.ts';
import { unlessRefused } from '../program/unless-refused.ts';

/** The uses that a certificate must allow. etcd’s gateway connects to its own server with the server certificate. */
export const usagesOf: Readonly<Record<LeafPurpose, readonly ('serverAuth' | 'clientAuth')[]>> = {
  server: ['serverAuth', 'clientAuth'],
  peer: ['serverAuth', 'clientAuth'],
  client: ['clientAuth'],
  admin: ['clientAuth'],
};

/**
 * What the file for one purpose holds. A bad file is a state, not an error, and so is an unreadable bundle. This
 * function judges no date (R14).
 */
export type CredentialReader = (pem: string | null, purpose: LeafPurpose, bundle: string) => CredentialState;

/**
 * Reads the same file under the same bundle only once: keys and signatures cost more than the rest of an observation.
 */
export function credentialReader(): CredentialReader {
  const read = new Map<LeafPurpose, { readonly of: string; readonly state: CredentialState }>();
  return (pem, purpose, bundle) => {
    if (pem === null) return { kind: 'missing' };
    // A hash, since the file holds a private key.
    const of = createHash('sha256').update(pem).update('\0').update(bundle).digest('hex');
    const last = read.get(purpose);
    if (last?.of === of) return last.state;
    const authorities = unlessRefused(
      () => readBundle(bundle),
      () => [],
    );
    const state = readState(pem, purpose, authorities);
    read.set(purpose, { of, state });
    return state;
  };
}

function readState(pem: string, purpose: LeafPurpose, bundle: readonly Certificate[]): CredentialState {
  return unlessRefused(
    (): CredentialState => {
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
    },
    (error) => ({ kind: 'unusable', why: reasonOf(error) }),
  );
}

/** A certificate as the agent reports it. */
export function heldCertificate(certificate: Certificate, purpose: HeldCertificate['purpose']): HeldCertificate {
  return {
    purpose,
    serial: certificate.serial,
    notBefore: certificate.notBefore.toISOString(),
    notAfter: certificate.notAfter.toISOString(),
  };
}

function isIssued(
  certificate: Certificate,
  chain: readonly Certificate[],
  purpose: LeafPurpose,
  bundle: readonly Certificate[],
): boolean {
  return unlessRefused(
    () => {
      for (const usage of usagesOf[purpose])
        verifyIssued(certificate, bundle, { purpose: usage, intermediates: chain });
      return true;
    },
    () => false,
  );
}
