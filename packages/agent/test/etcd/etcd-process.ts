import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Authority } from '@picket/shared/pki/authority.ts';
import type { Test } from 'tap';
import { ensureEtcd } from '../../../../test/support/etcd-binaries.ts';
import { freePort } from '../../../../test/support/ports.ts';
import type { EtcdEndpoint } from '../../src/etcd/etcd.ts';
import { credentialPem, localhost } from '../pki.ts';
import { temporaryFolder } from '../support.ts';

const { etcd } = await ensureEtcd();

export interface RunningEtcd {
  readonly process: ChildProcess;
  readonly endpoint: EtcdEndpoint;
  readonly peerUrl: string;
  readonly dataDir: string;
  /** Certificate and key of both its ports, which etcd reads at each handshake. */
  readonly serverFile: string;
  /** The log of etcd so far. */
  log(): string;
  /** Starts it again on the same data, after its end. */
  startAgain(): Promise<void>;
}

export interface EtcdOptions {
  readonly name?: string;
  /** Further entries of initial-cluster. */
  readonly others?: readonly string[];
  /** Called with its peer URL before it starts in an existing cluster. */
  readonly admit?: (peerUrl: string) => Promise<unknown>;
  /** Another etcd than that of `ensureEtcd`. */
  readonly binary?: string;
  /** Further keys of conf.yml. */
  readonly settings?: Readonly<Record<string, number>>;
}

/** A member over TLS on the loopback address, ended with the test. */
export async function startEtcd(
  t: Test,
  ca: Authority,
  { name = 'a', others = [], admit, binary = etcd, settings = {} }: EtcdOptions = {},
): Promise<RunningEtcd> {
  const folder = temporaryFolder(t);
  const address = '127.0.0.1';
  const [client, peer, metrics] = await Promise.all([freePort(address), freePort(address), freePort(address)]);
  const server = join(folder, 'server.pem');
  const names = { commonName: `etcd ${name}`, sans: localhost };
  writeFileSync(server, await credentialPem(ca, { usage: 'server', ...names }), { mode: 0o600 });
  const trusted = join(folder, 'ca.pem');
  writeFileSync(trusted, ca.certificate.pem);
  const peerUrl = `https://127.0.0.1:${peer}`;
  const tls = { 'cert-file': server, 'key-file': server, 'trusted-ca-file': trusted, 'client-cert-auth': true };
  const conf = {
    name,
    'data-dir': join(folder, 'data'),
    'listen-client-urls': `https://127.0.0.1:${client}`,
    'advertise-client-urls': `https://127.0.0.1:${client}`,
    'listen-peer-urls': peerUrl,
    'initial-advertise-peer-urls': peerUrl,
    'listen-metrics-urls': `http://127.0.0.1:${metrics}`,
    'initial-cluster': [`${name}=${peerUrl}`, ...others].join(),
    'initial-cluster-state': admit === undefined ? 'new' : 'existing',
    'client-transport-security': tls,
    'peer-transport-security': tls,
    ...settings,
  };
  const confFile = join(folder, 'conf.yml');
  // JSON is YAML too.
  writeFileSync(confFile, JSON.stringify(conf));
  const logFile = join(folder, 'etcd.log');
  const logFd = openSync(logFile, 'a');
  await admit?.(peerUrl);
  const child = spawn(binary, [`--config-file=${confFile}`], { stdio: ['ignore', logFd, logFd] });
  await once(child, 'spawn');
  t.teardown(async () => {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  });
  const credential = await credentialPem(ca, { usage: 'client', sans: [], commonName: 'client:a' });
  const endpoint = {
    clientUrl: `https://127.0.0.1:${client}`,
    metricsUrl: `http://127.0.0.1:${metrics}`,
    trust: ca.certificate.pem,
    credential,
  };
  return {
    process: child,
    endpoint,
    peerUrl,
    dataDir: conf['data-dir'],
    serverFile: server,
    log: () => readFileSync(logFile, 'utf8'),
    async startAgain() {
      const again = spawn(etcd, [`--config-file=${confFile}`], { stdio: ['ignore', logFd, logFd] });
      t.teardown(() => again.kill('SIGKILL'));
      await once(again, 'spawn');
    },
  };
}
