import { canonicalAddress } from '@picket/shared/names.ts';
import { readBundle } from '@picket/shared/pki/bundle.ts';
import { type Certificate, certificateFromDer, certificateLabel } from '@picket/shared/pki/certificate.ts';
import { isPrivateKeyLabel, loadPrivateKeyPem } from '@picket/shared/pki/keys.ts';
import { splitPem, toPem } from '@picket/shared/pki/pem.ts';
import { verifyIssued } from '@picket/shared/pki/verify.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { unlessRefused } from '../program/unless-refused.ts';
import { type AnyConf, hostOf, type TlsFiles } from './read-any-conf.ts';

/** The contents of the files that a conf.yml names: null if there is none, left out if it cannot be read. */
export type Contents = ReadonlyMap<string, string | null>;

/** The paths that {@link judgeFiles} needs. */
export function filesNamed({ client, peer }: AnyConf): readonly string[] {
  const paths = [client, peer].flatMap((one) => [one.certFile, one.keyFile, one.trustedCaFile]);
  return [...new Set(paths.filter((path) => path !== null))];
}

/**
 * What is wrong with a conf.yml and its certificates, whoever made them, at this time of this machine's clock. No content of a key is
 * in it (R11). Pure.
 */
export function judgeFiles(conf: AnyConf, confPath: string, contents: Contents, now: number): readonly Reason[] {
  const { client, peer } = conf;
  return [
    ...conf.listen.flatMap(({ key, url }) => listenProblem(confPath, key, url)),
    ...filesNamed(conf).flatMap((path) => (contents.get(path) === null ? [reason('file_missing', { path })] : [])),
    ...judgePair(client, contents, now, {
      wanted: conf.advertisedToClients,
      // etcd's gateway dials its own server and shows this certificate, unless another is named for that.
      usages:
        client.asksForCertificate && client.clientCertFile === null ? ['serverAuth', 'clientAuth'] : ['serverAuth'],
    }),
    ...judgePair(peer, contents, now, { wanted: conf.advertisedToPeers, usages: ['serverAuth', 'clientAuth'] }),
  ];
}

function listenProblem(path: string, key: string, url: string): readonly Reason[] {
  const host = hostOf(url);
  if (host === null || host === 'localhost' || canonicalAddress(host) !== undefined) return [];
  return [reason('conf_listens_on_name', { path, key, url: url.slice(0, 253) })];
}

function judgePair(
  { certFile, keyFile, trustedCaFile, asksForCertificate }: TlsFiles,
  contents: Contents,
  now: number,
  { wanted, usages }: { readonly wanted: readonly string[]; readonly usages: readonly string[] },
): readonly Reason[] {
  const pem = contents.get(certFile ?? '') ?? null;
  if (certFile === null || pem === null) return [];
  const [certificate, ...chain] = certificatesIn(pem);
  if (certificate === undefined) return [];
  const path = certFile;
  const found: Reason[] = [];
  const has = certificate.extendedKeyUsage;
  const missing = has === undefined ? [] : usages.filter((one) => !has.includes(one));
  if (has !== undefined && missing.length > 0 && !has.includes('anyExtendedKeyUsage'))
    found.push(reason('file_lacks_usage', { path, usages: has.length === 0 ? ['nothing'] : has, missing }));
  const clock = new Date(now).toISOString();
  if (now > certificate.notAfter.getTime() + 1000)
    found.push(reason('file_ended', { path, until: certificate.notAfter.toISOString(), now: clock }));
  if (now < certificate.notBefore.getTime())
    found.push(reason('file_begins_later', { path, from: certificate.notBefore.toISOString(), now: clock }));
  const lacking = wanted.map(hostOf).find((host) => host !== null && !names(certificate, host));
  if (lacking !== undefined && lacking !== null) found.push(reason('file_lacks_name', { path, wanted: lacking }));
  const bundle = contents.get(trustedCaFile ?? '') ?? null;
  if (asksForCertificate && trustedCaFile !== null && bundle !== null && !isIssued(certificate, chain, bundle))
    found.push(reason('file_of_other_authority', { path, authorityPath: trustedCaFile }));
  const key = contents.get(keyFile ?? '') ?? null;
  if (keyFile !== null && key !== null && fits(certificate, key) === false)
    found.push(reason('file_key_differs', { path, keyPath: keyFile }));
  return found;
}

function names({ sans }: Certificate, host: string): boolean {
  const address = canonicalAddress(host);
  return sans.some(({ type, value }) =>
    address === undefined ? type === 'dns' && covers(value, host.toLowerCase()) : type === 'ip' && value === address,
  );
}

/** A wildcard stands for one label. */
function covers(san: string, host: string): boolean {
  return san === host || (san.startsWith('*.') && host.slice(host.indexOf('.')) === san.slice(1));
}

function isIssued(certificate: Certificate, chain: readonly Certificate[], bundle: string): boolean {
  return unlessRefused(
    () => {
      verifyIssued(certificate, readBundle(bundle), { intermediates: chain });
      return true;
    },
    () => false,
  );
}

/** null if the file has no key that can be read: etcd then says so itself. */
function fits(certificate: Certificate, pem: string): boolean | null {
  return unlessRefused(
    () => {
      const block = splitPem(pem, 'a key').find(({ label }) => isPrivateKeyLabel(label));
      if (block === undefined) return null;
      return certificate.x509.checkPrivateKey(loadPrivateKeyPem(toPem(block.label, block.der)));
    },
    () => null,
  );
}

function certificatesIn(pem: string): readonly Certificate[] {
  return unlessRefused(
    () =>
      splitPem(pem, 'a certificate')
        .filter(({ label }) => label === certificateLabel)
        .map(({ der }) => certificateFromDer(der)),
    () => [],
  );
}
