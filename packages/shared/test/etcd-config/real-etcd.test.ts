import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import t, { type Test } from 'tap';
import { ensureEtcd } from '../../../../test/support/etcd-binaries.ts';
import { type MemberPorts, memberConfig, peerUrl } from '../../src/etcd-config/member-config.ts';
import type { EtcdConfig } from '../../src/etcd-config/model.ts';
import { render } from '../../src/etcd-config/render.ts';
import { validate } from '../../src/etcd-config/validate.ts';

import { evilStrings } from './samples.ts';
import { makeCertificates } from './test-certificates.ts';

const { etcd } = await ensureEtcd();
const address = '127.0.0.11';

type LogEntry = Readonly<Record<string, unknown>>;

interface Running {
  readonly log: readonly LogEntry[];
  stop(): Promise<void>;
}

/** Starts etcd on a rendered file and waits until it serves; its end before that is an error with its last words. */
async function start(t: Test, directory: string, config: EtcdConfig): Promise<Running> {
  const file = join(directory, 'conf.yml');
  writeFileSync(file, render(config));
  const log: LogEntry[] = [];
  const child: ChildProcess = spawn(etcd, ['--config-file', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(child, 'exit');
  const stop = async () => {
    child.kill();
    await ended;
  };
  t.teardown(stop);
  if (child.stderr === null) throw new Error('etcd has no stderr');
  for await (const line of linesOf(child.stderr)) {
    if (line.startsWith('{')) log.push(JSON.parse(line) as LogEntry);
    if (log.at(-1)?.msg === 'ready to serve client requests') {
      child.stderr.resume();
      return { log, stop };
    }
  }
  throw new Error(`etcd ended before it served: ${JSON.stringify(log.slice(-3))}`);
}

/** Not by node:readline, which ends a line at U+2028 too. */
async function* linesOf(stream: Readable): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of stream.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}

async function freePorts(): Promise<MemberPorts> {
  const servers = await Promise.all(
    [1, 2, 3].map(async () => {
      const server = createServer().listen(0, address);
      await once(server, 'listening');
      return server;
    }),
  );
  const [client = 0, peer = 0, metrics = 0] = servers.map((server) => {
    const bound = server.address();
    return bound !== null && typeof bound === 'object' ? bound.port : 0;
  });
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return { client, peer, metrics };
}

async function prepare(t: Test): Promise<{ readonly directory: string; readonly config: EtcdConfig }> {
  const directory = t.testdir();
  const ports = await freePorts();
  const etcDir = join(directory, 'etc');
  mkdirSync(etcDir);
  makeCertificates(etcDir, { name: 'demo-1', address });
  const place = { address, advertise: 'ip', ports } as const;
  const config = memberConfig({
    ...place,
    name: 'demo-1',
    members: [{ name: 'demo-1', peerUrl: peerUrl(place) }],
    dataDir: join(directory, 'data'),
    etcDir,
    state: 'new',
    token: 'demo.0123456789abcdef',
    tuning: { heartbeatIntervalMs: 100, electionTimeoutMs: 1000 },
  });
  validate(config);
  return { directory, config };
}

/** The body of GET /health on the client port, with the client certificate or without any. */
async function health(directory: string, url: string | undefined, certified: boolean): Promise<string> {
  const pem = (name: string) => readFileSync(join(directory, 'etc', name));
  const own = certified ? { cert: pem('client.pem'), key: pem('client.pem') } : {};
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  get(`${url}/health`, { ca: pem('ca.pem'), ...own, agent: false }, (response) => {
    response.setEncoding('utf8').once('data', resolve);
  }).once('error', reject);
  return promise;
}

t.test('etcd becomes healthy on a rendered file', async (t) => {
  const { directory, config } = await prepare(t);
  await start(t, directory, config);
  t.strictSame(JSON.parse(await health(directory, config.advertiseClientUrls[0], true)), {
    health: 'true',
    reason: '',
  });
});

t.test('etcd asks clients for a certificate', async (t) => {
  const { directory, config } = await prepare(t);
  await start(t, directory, config);
  await t.rejects(health(directory, config.advertiseClientUrls[0], false), {
    code: 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
  });
});

t.test('etcd understood every value as it was meant', async (t) => {
  const { directory, config } = await prepare(t);
  const { log } = await start(t, directory, config);
  t.match(
    log.find((entry) => entry.msg === 'starting an etcd server'),
    {
      name: config.name,
      'data-dir': config.dataDir,
      'listen-peer-urls': config.listenPeerUrls,
      'listen-client-urls': config.listenClientUrls,
      'listen-metrics-urls': config.listenMetricsUrls,
      'initial-advertise-peer-urls': config.initialAdvertisePeerUrls,
      'advertise-client-urls': config.advertiseClientUrls,
      'initial-cluster': `${config.name}=${config.initialAdvertisePeerUrls[0]}`,
      'initial-cluster-state': 'new',
      'initial-cluster-token': config.initialClusterToken,
      'heartbeat-interval': '100ms',
      'election-timeout': '1s',
      'snapshot-count': 10_000,
      'quota-backend-bytes': 2 * 1024 ** 3,
      'auto-compaction-mode': 'periodic',
      'auto-compaction-retention': '1h0m0s',
    },
  );
});

t.test("Go's YAML reads evil strings as they went in", async (t) => {
  const { directory, config } = await prepare(t);
  const initialClusterToken = evilStrings.join('\n');
  const { log } = await start(t, directory, { ...config, initialClusterToken });
  t.equal(log.find((entry) => entry.msg === 'starting an etcd server')?.['initial-cluster-token'], initialClusterToken);
});

t.test('a changed initial-cluster, state and token are ignored once there is data', async (t) => {
  const { directory, config } = await prepare(t);
  const memberId = ({ log }: Running) => log.find((entry) => 'local-member-id' in entry)?.['local-member-id'];
  const first = await start(t, directory, config);
  await first.stop();
  const second = await start(t, directory, {
    ...config,
    initialClusterState: 'existing',
    initialClusterToken: 'other',
    initialCluster: [...config.initialCluster, { name: 'demo-2', peerUrl: 'https://127.0.0.12:2380' }],
  });
  t.equal(memberId(second), memberId(first));
});
