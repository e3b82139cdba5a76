import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { basename, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import t, { type Test } from 'tap';
import { ensureEtcd } from '../../../../test/support/etcd-binaries.ts';
import { differencesOf } from '../../../../test/support/etcd-differences.ts';
import { freePort } from '../../../../test/support/ports.ts';
import { until } from '../../../../test/support/until.ts';
import { hashCheckFields, takesEffectIn } from '../../src/etcd-config/hash-check.ts';
import { topKeys } from '../../src/etcd-config/keys.ts';
import { memberConfig, peerUrl } from '../../src/etcd-config/member-config.ts';
import type { EtcdConfig } from '../../src/etcd-config/model.ts';
import { render } from '../../src/etcd-config/render.ts';
import { validate } from '../../src/etcd-config/validate.ts';
import { minorOf } from '../../src/etcd-version.ts';

import { evilStrings } from './samples.ts';
import { makeCertificates } from './test-certificates.ts';

const { etcd, version } = await ensureEtcd();
const address = '127.0.0.11';

type LogEntry = Readonly<Record<string, unknown>>;

interface Running {
  /** What etcd has logged since it was started. */
  readonly log: () => readonly LogEntry[];
  /** What it has said on its standard error. */
  readonly console: () => string;
  stop(): Promise<void>;
}

/** Starts etcd on a rendered file and waits until it serves; its end before that is an error with its last words. */
async function start(t: Test, directory: string, config: EtcdConfig): Promise<Running> {
  const file = join(directory, 'conf.yml');
  writeFileSync(file, render(config));
  const before = logged(config.logFile).length;
  const child: ChildProcess = spawn(etcd, ['--config-file', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const ended = once(child, 'exit');
  const stop = async () => {
    child.kill();
    await ended;
  };
  t.teardown(stop);
  const log = () => logged(config.logFile).slice(before);
  const serves = () => log().some(({ msg }) => msg === 'ready to serve client requests');
  await until('etcd serves or has ended', () => serves() || child.exitCode !== null, { within: 20_000, every: 20 });
  if (!serves()) throw new Error(`etcd ended before it served: ${said}${JSON.stringify(log().slice(-3))}`);
  return { log, console: () => said, stop };
}

/** Not by node:readline, which ends a line at U+2028 too; a last line without its end is still being written. */
function logged(file: string): LogEntry[] {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
  return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as LogEntry);
}

async function prepare(t: Test): Promise<{ readonly directory: string; readonly config: EtcdConfig }> {
  const directory = t.testdir();
  const [client, peer, metrics] = await Promise.all([freePort(address), freePort(address), freePort(address)]);
  const ports = { client, peer, metrics };
  const etcDir = join(directory, 'etc');
  mkdirSync(etcDir);
  mkdirSync(join(directory, 'log'));
  makeCertificates(etcDir, { name: 'demo-1', address });
  const place = { address, advertise: 'ip', ports } as const;
  const config = memberConfig({
    ...place,
    name: 'demo-1',
    members: [{ name: 'demo-1', peerUrl: peerUrl(place) }],
    dataDir: join(directory, 'data'),
    etcDir,
    logFile: join(directory, 'log', 'etcd.log'),
    state: 'new',
    token: 'demo.0123456789abcdef',
    tuning: { heartbeatIntervalMs: 100, electionTimeoutMs: 1000 },
    etcdMinor: minorOf(version),
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

/** Whether etcd says that it compares the data of its members at compactions. */
async function checksCompactions(log: readonly LogEntry[], { listenMetricsUrls }: EtcdConfig): Promise<unknown> {
  if (differencesOf(version).saysHashCheck === 'in-log')
    return log.find(({ msg }) => msg === 'starting an etcd server')?.['compact-check-time-enabled'];
  const metrics = await fetch(`${listenMetricsUrls[0]}/metrics`).then((answer) => answer.text());
  return /^etcd_server_feature_enabled\{name="CompactHashCheck",[^}]*\} (\d)$/m.exec(metrics)?.[1] === '1';
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
    log().find((entry) => entry.msg === 'starting an etcd server'),
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
  t.equal(await checksCompactions(log(), config), true);
});

for (const field of hashCheckFields) {
  const { key, takesEffect } = topKeys[field];
  t.test(`${key} takes effect in the versions that the table names`, async (t) => {
    const { directory, config } = await prepare(t);
    const { compactHashCheck: _key, featureGates: _gates, ...others } = config;
    const checks = { compactHashCheck: true, featureGates: 'CompactHashCheck=true' } as const;
    const { log } = await start(t, directory, { ...others, [field]: checks[field] });
    t.equal(await checksCompactions(log(), config), takesEffectIn(takesEffect, minorOf(version)), version);
  });
}

t.test("Go's YAML reads evil strings as they went in", async (t) => {
  const { directory, config } = await prepare(t);
  const initialClusterToken = evilStrings.join('\n');
  const { log } = await start(t, directory, { ...config, initialClusterToken });
  t.equal(
    log().find((entry) => entry.msg === 'starting an etcd server')?.['initial-cluster-token'],
    initialClusterToken,
  );
});

t.test('a changed initial-cluster, state and token are ignored once there is data', async (t) => {
  const { directory, config } = await prepare(t);
  const memberId = ({ log }: Running) => log().find((entry) => 'local-member-id' in entry)?.['local-member-id'];
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

t.test('etcd logs to its own file alone, and keeps as much of it as conf.yml says', async (t) => {
  const { directory, config } = await prepare(t);
  const folder = join(directory, 'log');
  const full = `${'x'.repeat(1023)}\n`.repeat(1024);
  writeFileSync(config.logFile, full);
  for (const day of [1, 2, 3]) writeFileSync(join(folder, `etcd-2020-01-0${day}T00-00-00.000.log.gz`), '');
  const running = await start(t, directory, { ...config, logRotation: { maxSize: 1, maxBackups: 2, compress: true } });
  const former = await until(
    'the full log is packed, and the oldest ones are gone',
    () => {
      const names = readdirSync(folder).filter((name) => name !== basename(config.logFile));
      return names.length === 2 && names.every((name) => name.endsWith('.gz')) ? names.sort() : null;
    },
    { within: 20_000 },
  );
  t.equal(former[0], 'etcd-2020-01-03T00-00-00.000.log.gz');
  t.equal(gunzipSync(readFileSync(join(folder, former[1] ?? ''))).toString(), full);
  t.equal(running.console(), '');
});
