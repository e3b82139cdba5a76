import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Authority } from '@picket/shared/pki/authority.ts';
import { writeCredential } from '@picket/shared/pki/credential.ts';
import type { CertificateUsage } from '@picket/shared/pki/issue.ts';
import { generateKey, publicKeyOf } from '@picket/shared/pki/keys.ts';
import type { San } from '@picket/shared/pki/san.ts';
import type { Test } from 'tap';
import { leaf } from '../../packages/agent/test/pki.ts';
import { temporaryFolder } from '../../packages/agent/test/support.ts';
import { type Finished, runToEnd } from '../support/children.ts';
import { ensureEtcd } from '../support/etcd-binaries.ts';
import { freeNetwork } from '../support/ports.ts';
import { until } from '../support/until.ts';

const { etcd, etcdctl } = await ensureEtcd();

/** What somebody did differently from the seed's procedure on one member. */
export interface Slip {
  /** Signs its certificates instead of the cluster's authority. */
  readonly issuer?: Authority;
  /** `coordinator`: serverAuth alone, as the seed's first ca-config.json. */
  readonly serverUsage?: CertificateUsage;
  readonly ended?: boolean;
  /** Its certificates begin tomorrow, as a clock that is a day behind sees it. */
  readonly early?: boolean;
  /** Of its certificates, instead of its address and localhost. */
  readonly sans?: readonly San[];
  readonly peerSans?: readonly San[];
  /** Keys of conf.yml that it has besides, or that differ. */
  readonly conf?: Readonly<Record<string, unknown>>;
}

export interface HandBuilt {
  readonly name: string;
  readonly address: string;
  readonly folder: string;
  readonly confFile: string;
  readonly peerUrl: string;
  readonly clientUrl: string;
  start(): Promise<ChildProcess>;
  stop(signal?: NodeJS.Signals): Promise<void>;
  log(): string;
  lines(): readonly string[];
  /** Waits until etcd has logged this. */
  says(words: RegExp): Promise<void>;
  /** etcdctl with its server certificate. */
  etcdctl(...args: string[]): Promise<Finished>;
}

/** The members of a cluster that somebody builds by hand as in the seed, on loopback addresses. None is started. */
export async function handBuilt(t: Test, ca: Authority, slips: readonly Slip[]): Promise<readonly HandBuilt[]> {
  const network = await freeNetwork();
  const places = slips.map((slip, index) => {
    const address = `${network}.${11 + index}`;
    const name = `m-${index + 1}`;
    return { slip, name, address, peerUrl: `https://${address}:2380`, clientUrl: `https://${address}:2379` };
  });
  const initialCluster = places.map(({ name, peerUrl }) => `${name}=${peerUrl}`).join();
  return Promise.all(
    places.map(async ({ slip, ...place }): Promise<HandBuilt> => {
      const { name, address, peerUrl, clientUrl } = place;
      const folder = join(temporaryFolder(t), name);
      mkdirSync(folder);
      const usual: readonly San[] = [
        { type: 'ip', value: address },
        { type: 'ip', value: '127.0.0.1' },
        { type: 'dns', value: 'localhost' },
      ];
      const { issuer = ca, serverUsage = 'server', ended = false, early = false, sans = usual, peerSans = sans } = slip;
      const pem = async (usage: CertificateUsage, names: readonly San[]) => {
        const key = await generateKey('p256');
        const certificate = leaf(issuer, publicKeyOf(key), {
          usage,
          sans: names,
          commonName: `etcd ${name}`,
          ended,
          early,
        });
        return writeCredential({ certificate, chain: [], key });
      };
      const file = (one: string) => join(folder, one);
      writeFileSync(file('ca.pem'), ca.certificate.pem);
      writeFileSync(file('server.pem'), await pem(serverUsage, sans));
      writeFileSync(file('peer.pem'), await pem('peer', peerSans));
      const tls = (one: string) => ({
        'cert-file': file(one),
        'key-file': file(one),
        'trusted-ca-file': file('ca.pem'),
        'client-cert-auth': true,
      });
      const conf = {
        name,
        'data-dir': file('data'),
        'listen-client-urls': clientUrl,
        'advertise-client-urls': clientUrl,
        'listen-peer-urls': peerUrl,
        'initial-advertise-peer-urls': peerUrl,
        'listen-metrics-urls': `http://${address}:2381`,
        'initial-cluster': initialCluster,
        'initial-cluster-state': 'new',
        'initial-cluster-token': 'x-k3s',
        'client-transport-security': tls('server.pem'),
        'peer-transport-security': tls('peer.pem'),
        'log-outputs': [file('etcd.log')],
        logger: 'zap',
        ...slip.conf,
      };
      // JSON is YAML too.
      writeFileSync(file('conf.yml'), JSON.stringify(conf, null, 2));
      writeFileSync(file('etcd.log'), '');
      const console = openSync(file('etcd-console.log'), 'a');
      let child: ChildProcess | null = null;
      const stop = async (signal: NodeJS.Signals = 'SIGKILL') => {
        if (child === null || child.exitCode !== null || child.signalCode !== null) return;
        child.kill(signal);
        await once(child, 'exit');
      };
      t.teardown(() => stop());
      const log = () => readFileSync(file('etcd-console.log'), 'utf8') + readFileSync(file('etcd.log'), 'utf8');
      const lines = () =>
        log()
          .split('\n')
          .filter((line) => line !== '');
      return {
        ...place,
        folder,
        confFile: file('conf.yml'),
        async start() {
          child = spawn(etcd, [`--config-file=${file('conf.yml')}`], { stdio: ['ignore', console, console] });
          await once(child, 'spawn');
          return child;
        },
        stop,
        log,
        lines,
        etcdctl: (...args) =>
          runToEnd(etcdctl, args, {
            env: {
              ETCDCTL_ENDPOINTS: clientUrl,
              ETCDCTL_CACERT: file('ca.pem'),
              ETCDCTL_CERT: file('server.pem'),
              ETCDCTL_KEY: file('server.pem'),
            },
          }),
        says: async (words) => {
          await until(`etcd says ${words}`, () => words.test(log()), {
            within: 60_000,
            lastSeen: () => log().slice(-3000),
          });
        },
      };
    }),
  );
}
