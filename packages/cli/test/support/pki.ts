import type { Authority } from '@picket/shared/pki/authority.ts';
import { certificateFromDer } from '@picket/shared/pki/certificate.ts';
import { writeCredential } from '@picket/shared/pki/credential.ts';
import { issueAuthority, signCertificate } from '@picket/shared/pki/issue.ts';
import { exportPrivateKeyPem, generateKey, publicKeyOf } from '@picket/shared/pki/keys.ts';
import type { San } from '@picket/shared/pki/san.ts';
import { randomSerial } from '@picket/shared/pki/serial.ts';

const hour = 3_600_000;

/** A coordinator's certificate and an operator's credential, both of one control CA. */
export interface TestPki {
  readonly authority: string;
  readonly server: { readonly certificate: string; readonly key: string };
  readonly credential: string;
}

export interface PkiOptions {
  readonly serverNames?: readonly San[];
  readonly serverEnded?: boolean;
}

export async function makePki(options: PkiOptions = {}): Promise<TestPki> {
  const started = Date.now();
  // Around the real time, by which TLS judges them.
  const hours = (from: number, to: number) => ({
    notBefore: new Date(started + from * hour),
    notAfter: new Date(started + to * hour),
  });
  const authority = issueAuthority({
    ...hours(-48, 48),
    commonName: 'a test control CA',
    key: await generateKey('p256'),
    serial: randomSerial(),
  });
  const serverNames = options.serverNames ?? [
    { type: 'dns', value: 'localhost' },
    { type: 'ip', value: '127.0.0.1' },
  ];
  const server = await leaf(
    authority,
    'coordinator',
    serverNames,
    options.serverEnded === true ? hours(-24, -1) : hours(-1, 24),
  );
  const operator = await leaf(
    authority,
    'operator',
    [{ type: 'uri', value: 'urn:picket:operator:admin' }],
    hours(-1, 24),
  );
  return {
    authority: authority.certificate.pem,
    server: { certificate: server.certificate.pem, key: exportPrivateKeyPem(server.key) },
    credential: writeCredential({ ...operator, chain: [] }),
  };
}

async function leaf(
  issuer: Authority,
  usage: 'coordinator' | 'operator',
  sans: readonly San[],
  dates: { readonly notBefore: Date; readonly notAfter: Date },
) {
  const key = await generateKey('p256');
  const serial = randomSerial();
  const subject = { commonName: `a test ${usage}` };
  const { der } = signCertificate({ issuer, subject, publicKey: publicKeyOf(key), sans, usage, serial, ...dates });
  return { key, certificate: certificateFromDer(der) };
}
