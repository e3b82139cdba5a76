import fc from 'fast-check';
import t from 'tap';
import { refusalOf } from '../../../../test/support/refusal.ts';
import { PicketError } from '../../src/errors.ts';
import type { EtcdConfig } from '../../src/etcd-config/model.ts';
import { validate } from '../../src/etcd-config/validate.ts';
import { anyConfig, seedConfig } from './samples.ts';

const own = { name: 'x-k3s-m-1', peerUrl: 'https://192.168.7.11:2380' };
const second = { name: 'x-k3s-m-2', peerUrl: 'https://192.168.7.12:2380' };
const { clientTls } = seedConfig();

const right: readonly (readonly [string, Partial<EtcdConfig>])[] = [
  ['the seed', {}],
  ['localhost', { listenClientUrls: ['https://localhost:2379'] }],
  ['metrics on the address of the member', { listenMetricsUrls: ['http://192.168.7.11:2381'] }],
  ['metrics over TLS on an interface', { listenMetricsUrls: ['https://192.168.7.11:2381'] }],
  ['IPv6', { listenPeerUrls: ['https://[fd00::11]:2380'] }],
  ['the shortest election', { heartbeatIntervalMs: 1, electionTimeoutMs: 5 }],
  ['the longest election', { heartbeatIntervalMs: 10_000, electionTimeoutMs: 50_000 }],
  ['retention in hours', { autoCompactionRetention: '1' }],
  ['retention in revisions', { autoCompactionMode: 'revision', autoCompactionRetention: '1000' }],
  ['several members, once the cluster exists', { initialClusterState: 'existing', initialCluster: [own, second] }],
];

for (const [what, changes] of right) {
  t.test(`accepted: ${what}`, async (t) => {
    t.doesNotThrow(() => validate(seedConfig(changes)));
  });
}

const wrong: readonly (readonly [string, Partial<EtcdConfig>, string])[] = [
  [
    'an empty token',
    { initialClusterToken: '' },
    'initial-cluster-token: "" must be 1 to 128 letters, digits, dots, hyphens and underscores',
  ],
  ['no listen URL', { listenPeerUrls: [] }, 'listen-peer-urls is empty; give at least one URL'],
  [
    'a name to listen on',
    { listenPeerUrls: ['https://x-k3s-m-1.edge.huatai.me:2380'] },
    'listen-peer-urls: "https://x-k3s-m-1.edge.huatai.me:2380" names a host; etcd listens on IP addresses only, so give the address',
  ],
  [
    'every interface',
    { listenPeerUrls: ['https://0.0.0.0:2380'] },
    'listen-peer-urls: "https://0.0.0.0:2380" listens on every interface; give the member\'s own address',
  ],
  [
    'clients without TLS',
    { listenClientUrls: ['http://192.168.7.11:2379'] },
    'listen-client-urls: "http://192.168.7.11:2379" is not encrypted; use https',
  ],
  [
    'metrics open to the network',
    { listenMetricsUrls: ['http://192.168.7.12:2381'] },
    'listen-metrics-urls: "http://192.168.7.12:2381" is open to the network without TLS; use a loopback address, or the address at which peers dial this member',
  ],
  [
    'one port for two',
    { listenMetricsUrls: ['http://127.0.0.1:2379'] },
    'listen-metrics-urls: "http://127.0.0.1:2379" uses an address and port that another URL has; give each its own',
  ],
  [
    'port 0',
    { listenPeerUrls: ['https://192.168.7.11:0'] },
    'listen-peer-urls: "https://192.168.7.11:0" has the port "0"; use a number from 1 to 65535',
  ],
  [
    'port 65536',
    { listenPeerUrls: ['https://192.168.7.11:65536'] },
    'listen-peer-urls: "https://192.168.7.11:65536" has the port "65536"; use a number from 1 to 65535',
  ],
  [
    'no port',
    { listenPeerUrls: ['https://192.168.7.11'] },
    'listen-peer-urls: "https://192.168.7.11" is not of the form https://HOST:PORT; correct it',
  ],
  [
    'a path',
    { listenPeerUrls: ['https://192.168.7.11:2380/'] },
    'listen-peer-urls: "https://192.168.7.11:2380/" is not of the form https://HOST:PORT; correct it',
  ],
  [
    'a user',
    { listenPeerUrls: ['https://a:b@192.168.7.11:2380'] },
    'listen-peer-urls: "https://a:b@192.168.7.11:2380" is not of the form https://HOST:PORT; correct it',
  ],
  [
    'another scheme',
    { listenPeerUrls: ['ftp://192.168.7.11:2380'] },
    'listen-peer-urls: "ftp://192.168.7.11:2380" is not encrypted; use https',
  ],
  [
    'another spelling of an address',
    { listenPeerUrls: ['https://[FD00::1]:2380'] },
    'listen-peer-urls: "https://[FD00::1]:2380" has the host "FD00::1"; write it as fd00::1',
  ],
  [
    'IPv4 in brackets',
    { listenPeerUrls: ['https://[192.168.7.11]:2380'] },
    'listen-peer-urls: "https://[192.168.7.11]:2380" has the host "192.168.7.11"; write it as 192.168.7.11',
  ],
  [
    'no host',
    { advertiseClientUrls: ['https://:2379'] },
    'advertise-client-urls: "https://:2379" has the host ""; use an IP address or a lower-case DNS name',
  ],
  [
    'clients sent nowhere',
    { advertiseClientUrls: ['https://0.0.0.0:2379'] },
    'advertise-client-urls: "https://0.0.0.0:2379" cannot be reached by others; give the member\'s own address or name',
  ],
  [
    'clients sent past TLS',
    { advertiseClientUrls: ['http://192.168.7.11:2379'] },
    'advertise-client-urls: "http://192.168.7.11:2379" is not encrypted; use https',
  ],
  [
    'a URL twice',
    { advertiseClientUrls: ['https://a:2379', 'https://a:2379'] },
    'advertise-client-urls: "https://a:2379" is listed twice; list it once',
  ],
  [
    'own name not listed',
    { initialCluster: [second] },
    'initial-cluster: the member\'s own name "x-k3s-m-1" is not listed; add it with its peer URL',
  ],
  [
    'own URL another',
    { initialCluster: [{ ...own, peerUrl: 'https://a:2380' }] },
    'initial-cluster: "x-k3s-m-1" is listed with "https://a:2380"; set it and initial-advertise-peer-urls to the same URL',
  ],
  [
    'a member twice',
    { initialClusterState: 'existing', initialCluster: [own, second, { ...second, peerUrl: 'https://a:2380' }] },
    'initial-cluster: the member "x-k3s-m-2" is listed twice; list it once',
  ],
  [
    'a peer URL twice',
    { initialClusterState: 'existing', initialCluster: [own, { ...own, name: 'b' }] },
    'initial-cluster: "https://192.168.7.11:2380" is listed twice; list it once',
  ],
  [
    'R1: a new cluster of several',
    { initialCluster: [own, second] },
    'initial-cluster: one member alone founds a new cluster; list only "x-k3s-m-1", or set initial-cluster-state to existing',
  ],
  [
    'a short election',
    { heartbeatIntervalMs: 500, electionTimeoutMs: 2499 },
    'election-timeout: 2499 ms is less than five heartbeats of 500 ms; set it to 2500 or more',
  ],
  [
    'a long election',
    { electionTimeoutMs: 50_001 },
    'election-timeout: 50001 is not a whole number from 5 to 50000; change it',
  ],
  [
    'no heartbeat',
    { heartbeatIntervalMs: 0 },
    'heartbeat-interval: 0 is not a whole number from 1 to 10000; change it',
  ],
  ['no snapshots', { snapshotCount: 0 }, 'snapshot-count: 0 is not a whole number from 1 to 1000000; change it'],
  [
    'a tiny quota',
    { quotaBackendBytes: 1 },
    'quota-backend-bytes: 1 is not a whole number from 16777216 to 8589934592; change it',
  ],
  [
    'a huge quota',
    { quotaBackendBytes: 2 ** 40 },
    'quota-backend-bytes: 1099511627776 is not a whole number from 16777216 to 8589934592; change it',
  ],
  [
    'a retention of days',
    { autoCompactionRetention: '1d' },
    'auto-compaction-retention: "1d" is not a duration; write it as "1h" or "30m"',
  ],
  [
    'revisions as a duration',
    { autoCompactionMode: 'revision' },
    'auto-compaction-retention: "1h" is not a number of revisions; write it as "1000"',
  ],
  ['a log on standard error', { logFile: 'stderr' }, 'log-outputs: "stderr" is not an absolute path; start it with /'],
  [
    'a log whose name etcd would take apart',
    { logFile: '/var/log/a%2Fb.log' },
    'log-outputs: "/var/log/a%2Fb.log" has a space, "%", "?" or "#", which etcd does not accept in a file name; use another name',
  ],
  [
    'a log that grows without end',
    { logRotation: { maxSize: 10, maxBackups: 0, compress: true } },
    'log-rotation-config-json: maxbackups is 0; give a whole number from 1 to 100, so that the disk does not fill',
  ],
  [
    'a log of no size',
    { logRotation: { maxSize: 0, maxBackups: 3, compress: true } },
    'log-rotation-config-json: maxsize is 0; give a whole number of megabytes from 1 to 1000',
  ],
  ['a relative data dir', { dataDir: 'etcd' }, 'data-dir: "etcd" is not an absolute path; start it with /'],
  [
    'a path with ..',
    { dataDir: '/var/../etc' },
    'data-dir: "/var/../etc" has an empty part, "." or ".."; write the path without',
  ],
  ['the root as data dir', { dataDir: '/' }, 'data-dir: "/" has an empty part, "." or ".."; write the path without'],
  [
    'a path with a newline',
    { clientTls: { ...clientTls, keyFile: '/a\nb' } },
    'client-transport-security.key-file: "/a\\nb" contains control characters; remove them',
  ],
  [
    'a path too long',
    { dataDir: `/${'d'.repeat(4095)}` },
    'data-dir: the path is longer than 4095 characters; shorten it',
  ],
];

for (const [what, changes, problem] of wrong) {
  t.test(`refused in words: ${what}`, async (t) => {
    t.throws(() => validate(seedConfig(changes)), { code: 'etcd_config_invalid', details: { problems: problem } });
  });
}

t.test('a wrong name is reported for the member and for its place in the cluster', async (t) => {
  const evil = 'yes\n';
  const problems =
    '\n- name: "yes\\n" is not a host name; use lower-case letters, digits and hyphens, with a letter or digit at both ends' +
    '\n- initial-cluster: "yes\\n" is not a host name; use lower-case letters, digits and hyphens, with a letter or digit at both ends';
  t.strictSame(
    refusalOf(() => validate(seedConfig({ name: evil, initialCluster: [{ ...own, name: evil }] }))),
    { code: 'etcd_config_invalid', facts: { problems } },
  );
});

t.test('any configuration is accepted or refused in words', async () => {
  fc.assert(
    fc.property(anyConfig, (config) => {
      try {
        validate(config);
      } catch (error) {
        if (!(error instanceof PicketError)) throw error;
      }
    }),
  );
});
