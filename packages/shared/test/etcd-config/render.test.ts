import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import type { EtcdConfig } from '../../src/etcd-config/model.ts';
import { parse } from '../../src/etcd-config/parse.ts';
import { isOurs, render, restartKey } from '../../src/etcd-config/render.ts';
import { anyConfig, evilStrings, seedConfig } from './samples.ts';

t.test('parse(render(x)) is x', async () => {
  fc.assert(fc.property(anyConfig, (config) => assert.deepStrictEqual(parse(render(config)), config)));
});

t.test('every evil string comes back as it went', async (t) => {
  const back = evilStrings.map((evil) => parse(render(seedConfig({ name: evil }))).name);
  t.strictSame(back, evilStrings);
});

t.test('a rendered file is printable ASCII, whatever it says', async (t) => {
  t.match(render(seedConfig({ name: evilStrings.join('') })), /^[\n\u0020-\u007e]+$/);
});

t.test('R1: initial-cluster-state is always rendered', async (t) => {
  for (const initialClusterState of ['new', 'existing'] as const) {
    t.match(render(seedConfig({ initialClusterState })), `initial-cluster-state: "${initialClusterState}"\n`);
  }
});

t.test('client certificates are required of clients and peers', async (t) => {
  t.equal(render(seedConfig()).match(/^ {2}client-cert-auth: true$/gm)?.length, 2);
});

t.test('the order of the fields of the model does not matter', async (t) => {
  const config = seedConfig();
  const backwards = Object.fromEntries(Object.entries(config).reverse()) as unknown as EtcdConfig;
  t.equal(render(backwards), render(config));
});

const unwritable: readonly (readonly [string, Partial<EtcdConfig>, string])[] = [
  [
    'half a surrogate pair',
    { name: 'a\ud83d' },
    'name contains half a surrogate pair, which no file can contain; correct it',
  ],
  ['an empty list', { listenPeerUrls: [] }, 'listen-peer-urls is empty; give at least one URL'],
  [
    'a comma in a list',
    { advertiseClientUrls: ['a,b'] },
    'advertise-client-urls contains "a,b"; a URL must not be empty and must not contain a comma',
  ],
  [
    'an empty URL',
    { advertiseClientUrls: [''] },
    'advertise-client-urls contains ""; a URL must not be empty and must not contain a comma',
  ],
  [
    'a member name with =',
    { initialCluster: [{ name: 'a=b', peerUrl: 'c' }] },
    'initial-cluster contains the member "a=b"; a member name must not be empty and must not contain a comma or "="',
  ],
  ['a fraction', { snapshotCount: 0.5 }, 'snapshot-count is 0.5; give a whole number of at least 0'],
  ['a negative number', { quotaBackendBytes: -1 }, 'quota-backend-bytes is -1; give a whole number of at least 0'],
  ['no number', { heartbeatIntervalMs: Number.NaN }, 'heartbeat-interval is NaN; give a whole number of at least 0'],
  ['too much', { dataDir: 'd'.repeat(70_000) }, 'the file would be larger than 65536 bytes; shorten its values'],
];

for (const [what, changes, problem] of unwritable) {
  t.test(`what etcd's file cannot hold is refused: ${what}`, async (t) => {
    t.throws(() => render(seedConfig(changes)), { code: 'etcd_config_invalid', details: { problems: problem } });
  });
}

t.test('R13: a rendered file is known as ours', async (t) => {
  t.ok(isOurs(render(seedConfig())));
});

t.test('R13: a conf.yml of another hand is not ours', async (t) => {
  for (const other of [
    '',
    "# This is the configuration file for the etcd server.\n\nname: 'default'\n",
    `\n${render(seedConfig())}`,
  ]) {
    t.notOk(isOurs(other));
  }
});

t.test('what etcd ignores once it has data needs no restart', async (t) => {
  const grown = seedConfig({
    initialClusterState: 'existing',
    initialClusterToken: 'other',
    initialCluster: [{ name: 'x-k3s-m-2', peerUrl: 'https://192.168.7.12:2380' }],
  });
  t.equal(restartKey(grown), restartKey(seedConfig()));
});

t.test('any other change needs a restart', async (t) => {
  const files = { certFile: '/a.pem', keyFile: '/b.pem', trustedCaFile: '/c.pem' };
  const changes: Partial<EtcdConfig>[] = [
    { name: 'other' },
    { dataDir: '/other' },
    { listenPeerUrls: ['https://10.0.0.1:2380'] },
    { listenClientUrls: ['https://10.0.0.1:2379'] },
    { listenMetricsUrls: ['http://127.0.0.1:9'] },
    { initialAdvertisePeerUrls: ['https://10.0.0.1:2380'] },
    { advertiseClientUrls: ['https://10.0.0.1:2379'] },
    { heartbeatIntervalMs: 501 },
    { electionTimeoutMs: 5001 },
    { snapshotCount: 1 },
    { quotaBackendBytes: 1 },
    { autoCompactionMode: 'revision' },
    { autoCompactionRetention: '2h' },
    { logLevel: 'debug' },
    { logFile: '/other.log' },
    { logRotation: { maxSize: 11, maxBackups: 3, compress: true } },
    { featureGates: 'CompactHashCheck=true' },
    { clientTls: files },
    { peerTls: files },
  ];
  const keys = changes.map((change) => restartKey(seedConfig(change)));
  t.equal(new Set([restartKey(seedConfig()), ...keys]).size, changes.length + 1);
});
