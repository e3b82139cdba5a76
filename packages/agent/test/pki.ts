import type { KeyObject } from 'node:crypto';
import type { Authority } from '@picket/shared/pki/authority.ts';
import { certificateFromDer } from '@picket/shared/pki/certificate.ts';
import { type Credential, writeCredential } from '@picket/shared/pki/credential.ts';
import { type CertificateUsage, issueAuthority, signCertificate } from '@picket/shared/pki/issue.ts';
import { generateKey, publicKeyOf } from '@picket/shared/pki/keys.ts';
import type { San } from '@picket/shared/pki/san.ts';
import { randomSerial } from '@picket/shared/pki/serial.ts';

const day = 24 * 60 * 60 * 1000;
// Around the real time, since TLS checks these certificates by it.
const notBefore = new Date(Date.now() - 5 * 60 * 1000);

export async function authority(commonName: string): Promise<Authority> {
  const key = await generateKey('p256');
  const notAfter = new Date(notBefore.getTime() + 3650 * day);
  return issueAuthority({ commonName, key, notBefore, notAfter, serial: randomSerial() });
}

export interface LeafOptions {
  readonly usage: CertificateUsage;
  readonly sans: readonly San[];
  readonly commonName?: string;
  readonly ended?: boolean;
  /** It begins tomorrow. */
  readonly early?: boolean;
}

export function leaf(issuer: Authority, publicKey: KeyObject, options: LeafOptions) {
  const { usage, sans, commonName, ended = false, early = false } = options;
  const notAfter = ended ? new Date(Date.now() - 60_000) : new Date(notBefore.getTime() + 30 * day);
  return certificateFromDer(
    signCertificate({
      issuer,
      subject: commonName === undefined ? {} : { commonName },
      publicKey,
      sans,
      usage,
      notBefore: early ? new Date(Date.now() + day) : notBefore,
      notAfter,
      serial: randomSerial(),
    }).der,
  );
}

export async function credential(issuer: Authority, options: LeafOptions): Promise<Credential> {
  const key = await generateKey('p256');
  return { certificate: leaf(issuer, publicKeyOf(key), options), chain: [], key };
}

export async function credentialPem(issuer: Authority, options: LeafOptions): Promise<string> {
  return writeCredential(await credential(issuer, options));
}

export const localhost: readonly San[] = [
  { type: 'dns', value: 'localhost' },
  { type: 'ip', value: '127.0.0.1' },
];
