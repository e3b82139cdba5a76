import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { peerSans, serverSans } from '../../src/etcd-config/certificate-names.ts';
import type { San } from '../../src/pki/san.ts';

/**
 * Makes, with openssl, what memberConfig names: `ca.pem` and `peer-ca.pem`, and `server.pem`, `peer.pem` and
 * `client.pem`, each certificate and key in one file.
 */
export function makeCertificates(directory: string, member: { readonly name: string; readonly address: string }): void {
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: directory, stdio: 'ignore' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const authority = (name: string) =>
    openssl(
      'req',
      '-x509',
      ...key,
      '-subj',
      `/CN=${name}`,
      '-days',
      '2',
      '-keyout',
      `${name}-key.pem`,
      '-out',
      `${name}.pem`,
    );
  const leaf = (name: string, issuer: string, sans: readonly San[]) => {
    const names = sans.map(({ type, value }) => `${type.toUpperCase()}:${value}`).join(',');
    const extensions = [
      '-addext',
      'extendedKeyUsage=serverAuth,clientAuth',
      '-addext',
      'basicConstraints=critical,CA:FALSE',
    ];
    const issued = ['-CA', `${issuer}.pem`, '-CAkey', `${issuer}-key.pem`, '-days', '1'];
    const named = names === '' ? [] : ['-addext', `subjectAltName=${names}`];
    openssl(
      'req',
      '-x509',
      ...key,
      '-subj',
      `/CN=${name}`,
      ...issued,
      ...extensions,
      ...named,
      '-keyout',
      `${name}-key.pem`,
      '-out',
      `${name}.pem`,
    );
    const read = (file: string) => readFileSync(join(directory, file), 'utf8');
    writeFileSync(join(directory, `${name}.pem`), read(`${name}.pem`) + read(`${name}-key.pem`), { mode: 0o600 });
  };
  authority('ca');
  authority('peer-ca');
  leaf('server', 'ca', serverSans(member));
  leaf('client', 'ca', []);
  leaf('peer', 'peer-ca', peerSans(member));
}
