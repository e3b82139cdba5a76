import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { clientName, peerSans, serverSans } from '@picket/shared/etcd-config/certificate-names.ts';
import { type MemberPorts, memberConfig, peerUrl } from '@picket/shared/etcd-config/member-config.ts';
import type { EtcdConfig } from '@picket/shared/etcd-config/model.ts';
import { render } from '@picket/shared/etcd-config/render.ts';
import { formatUrl } from '@picket/shared/etcd-config/urls.ts';
import type { Authority } from '@picket/shared/pki/authority.ts';
import { certificateFromDer } from '@picket/shared/pki/certificate.ts';
import { writeCredential } from '@picket/shared/pki/credential.ts';
import { type CertificateUsage, issueAuthority, signCertificate } from '@picket/shared/pki/issue.ts';
import { generateKey, publicKeyOf } from '@picket/shared/pki/keys.ts';
import type { San } from '@picket/shared/pki/san.ts';
import { randomSerial } from '@picket/shared/pki/serial.ts';
import { type Background, startInBackground } from '../../test/support/children.ts';
import type { EtcdBinaries } from '../../test/support/etcd-binaries.ts';
import type { ClientView } from './wait-for.ts';

export interface BareClusterOptions {
  /** All files are below it; it is made. */
  readonly folder: string;
  readonly etcd: EtcdBinaries;
  readonly hosts: readonly { readonly name: string; readonly address: string }[];
  readonly ports: MemberPorts;
}

/** One etcd with nothing around it: its certificates lie ready, its conf.yml and its data dir do not exist yet. */
export interface BareMember extends ClientView {
  readonly name: string;
  readonly peerUrl: string;
  /** Writes the conf.yml that Picket would, for these members. */
  configure(members: readonly BareMember[], state: EtcdConfig['initialClusterState']): Promise<void>;
  start(): Background;
}

const minute = 60_000;
/** As `makeFleet` declares it of ours. */
export const heartbeatMs = 100;
const tuning = { heartbeatIntervalMs: heartbeatMs, electionTimeoutMs: 1000 };

/** What a careful operator would have by hand before anything is started: both CAs, and each member's certificates. */
export async function bareCluster(options: BareClusterOptions): Promise<readonly BareMember[]> {
  const [client, peer] = await Promise.all([authority('bench client CA'), authority('bench peer CA')]);
  return Promise.all(options.hosts.map((host) => bareMember(options, host, { client, peer })));
}

async function bareMember(
  { folder, etcd, ports }: BareClusterOptions,
  host: BareClusterOptions['hosts'][number],
  authorities: { readonly client: Authority; readonly peer: Authority },
): Promise<BareMember> {
  const { name } = host;
  const home = join(folder, name);
  const etcDir = join(home, 'etc');
  const confFile = join(home, 'conf.yml');
  await mkdir(etcDir, { recursive: true });
  await Promise.all([
    writeFile(join(etcDir, 'ca.pem'), authorities.client.certificate.pem),
    writeFile(join(etcDir, 'peer-ca.pem'), authorities.peer.certificate.pem),
    writeFile(join(etcDir, 'server.pem'), await credential(authorities.client, 'server', name, serverSans(host))),
    writeFile(join(etcDir, 'peer.pem'), await credential(authorities.peer, 'peer', name, peerSans(host))),
    writeFile(join(etcDir, 'client.pem'), await credential(authorities.client, 'client', clientName(name), [])),
    symlink('client.pem', join(etcDir, 'client-key.pem')),
  ]);
  const place = { address: host.address, advertise: 'ip', ports } as const;
  return {
    name,
    etcDir,
    clientUrl: formatUrl('https', host.address, ports.client),
    peerUrl: peerUrl(place),
    async configure(members, state) {
      const config = memberConfig({
        ...place,
        name,
        members: members.map((one) => ({ name: one.name, peerUrl: one.peerUrl })),
        dataDir: join(home, 'data'),
        etcDir,
        logFile: join(home, 'etcd.log'),
        state,
        token: 'bench',
        tuning,
        etcdMinor: null,
      });
      await writeFile(confFile, render(config));
    },
    start: () => startInBackground(etcd.etcd, [`--config-file=${confFile}`], join(home, 'console.log')),
  };
}

async function authority(commonName: string): Promise<Authority> {
  return issueAuthority({ ...lifetime(), commonName, key: await generateKey('p256'), serial: randomSerial() });
}

async function credential(
  issuer: Authority,
  usage: CertificateUsage,
  commonName: string,
  sans: readonly San[],
): Promise<string> {
  const key = await generateKey('p256');
  const { der } = signCertificate({
    notBefore: issuer.certificate.notBefore,
    notAfter: issuer.certificate.notAfter,
    issuer,
    subject: { commonName },
    publicKey: publicKeyOf(key),
    sans,
    usage,
    serial: randomSerial(),
  });
  return writeCredential({ certificate: certificateFromDer(der), chain: [], key });
}

function lifetime() {
  const now = Date.now();
  return { notBefore: new Date(now - 5 * minute), notAfter: new Date(now + 24 * 60 * minute) };
}
