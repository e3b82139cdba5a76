import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parse } from 'yaml';
import { configDefaults, parseConfig, readConfig } from '../../src/config/config.ts';
import { refusalOf } from '../support/refusal.ts';

const sample = readFileSync(join(import.meta.dirname, '../../../../etc/coordinator.yml'), 'utf8');

t.test('the annotated sample names every key, each with its default', async (t) => {
  const { hosts, ...rest } = parse(sample) as Record<string, unknown>;
  t.same(rest, configDefaults);
  t.same(hosts, ['picket.edge.huatai.me', '192.168.7.1']);
});

t.test('the annotated sample is valid', async (t) => {
  t.same(parseConfig(sample, 'coordinator.yml').hosts, ['picket.edge.huatai.me', '192.168.7.1']);
});

t.test('the annotated store of snapshots is valid, and has every key', async (t) => {
  const { snapshotStore } = parseConfig(uncommented('snapshotStore'), 'coordinator.yml');
  t.same(snapshotStore, {
    endpoint: 'https://s3.home:3900',
    bucket: 'etcd-snapshots',
    credentialsFile: '/etc/picket/snapshot-store.yml',
    region: 'us-east-1',
    prefix: 'picket/',
    caFile: '/etc/picket/snapshot-store-ca.pem',
    serverSideEncryption: 'aws:kms',
    kmsKeyId: 'alias/picket',
    ageIdentityFile: '/etc/picket/snapshot-age.txt',
  });
});

t.test('the annotated backup is valid, and has every key but those of its bucket', async (t) => {
  const { backup } = parseConfig(uncommented('backup'), 'coordinator.yml');
  t.match(backup, {
    targets: [{ folder: '/mnt/usb/picket' }, { s3: { endpoint: 'https://s3.home:3900', bucket: 'picket-backups' } }],
    everyHours: 24,
    keep: 30,
    recipients: [/^age1/],
  });
});

t.test('a backup has a default for each key but its targets', async (t) => {
  const { backup } = parseConfig('hosts: [a]\nbackup:\n  targets: [{ folder: /mnt/usb }]', 'coordinator.yml');
  t.same(backup, { targets: [{ folder: '/mnt/usb' }], everyHours: 24, keep: 30, recipients: [] });
});

/** The sample with this key, which is a comment in it. */
function uncommented(key: string): string {
  const block = new RegExp(`^#${key}:\\n(?:#.*\\n)+`, 'm');
  return sample.replace(block, (text) => text.replaceAll(/^#/gm, ''));
}

t.test('every key but hosts has a default', async (t) => {
  t.same(parseConfig('hosts: [picket.home]', 'coordinator.yml'), { ...configDefaults, hosts: ['picket.home'] });
});

function store(...lines: readonly string[]): string {
  return ['hosts: [a]', 'snapshotStore:', ...lines.map((line) => `  ${line}`)].join('\n');
}

const refused: readonly (readonly [what: string, text: string, problem: string])[] = [
  [
    'a key of the key service that is not asked to encrypt',
    store('endpoint: https://s3.home', 'bucket: etcd', 'credentialsFile: /key.yml', 'kmsKeyId: alias/picket'),
    '"snapshotStore.kmsKeyId" needs serverSideEncryption: aws:kms',
  ],
  ['an unknown key', 'hosts: [a]\nlogLevl: info', 'line 2: unknown key "logLevl"; did you mean "logLevel"?'],
  [
    'a key that is near to none',
    'hosts: [a]\ncolour: blue',
    'line 2: unknown key "colour"; known are dataDir, passphraseFile, hosts, listenAddress, port, installDir, etcdutlBinary, runReleases, releases, snapshotStore, backup, limits, retention, notifications, reportSeconds, logLevel',
  ],
  [
    'an unknown limit',
    'hosts: [a]\nlimits:\n  joinsPerMinut: 5',
    'line 3: unknown key "limits.joinsPerMinut"; did you mean "joinsPerMinute"?',
  ],
  [
    'an unknown period',
    'hosts: [a]\nretention:\n  auditDay: 100',
    'line 3: unknown key "retention.auditDay"; did you mean "auditDays"?',
  ],
  [
    'an unknown key of notifications',
    'hosts: [a]\nnotifications:\n  settle: 5',
    'line 3: unknown key "notifications.settle"; known are longestSettleSeconds',
  ],
  ['limits that are none', 'hosts: [a]\nlimits: 5', 'line 2: "limits" must be a mapping of keys to values'],
  ['no host', 'port: 7443', 'must have required properties hosts'],
  ['an empty list of hosts', 'hosts: []', 'line 1: "hosts" must not have fewer than 1 items'],
  [
    'a host that is neither name nor address',
    'hosts: [pi_1]',
    '"hosts" names "pi_1", which is neither an IP address nor a host name in lower case',
  ],
  [
    'a host in upper case',
    'hosts: [Picket.home]',
    '"hosts" names "Picket.home", which is neither an IP address nor a host name in lower case',
  ],
  [
    'an address in another spelling',
    'hosts: ["FD00::1"]',
    '"hosts" names "FD00::1", which is neither an IP address nor a host name in lower case',
  ],
  ['a name to listen on', 'hosts: [a]\nlistenAddress: localhost', '"listenAddress" must be an IP address'],
  ['a port that is out of range', 'hosts: [a]\nport: 65536', 'line 2: "port" must be <= 65535'],
  ['a port in quotes', 'hosts: [a]\nport: "7443"', 'line 2: "port" must be integer'],
  ['reports that would be too rare', 'hosts: [a]\nreportSeconds: 11', 'line 2: "reportSeconds" must be <= 10'],
  ['a relative data dir', 'hosts: [a]\ndataDir: data', 'line 2: "dataDir" must match pattern "^/[A-Za-z0-9._/@+-]*$"'],
  ['a key twice', 'hosts: [a]\nport: 1\nport: 2', 'line 3: Map keys must be unique'],
  [
    'a store without its keys',
    store('bucket: etcd'),
    'line 2: "snapshotStore" must have required properties endpoint, credentialsFile',
  ],
  [
    'an unknown key of a store',
    store('endpoint: https://s3.home', 'bucket: etcd', 'credentialsFile: /key.yml', 'secretAccessKey: x'),
    'line 6: unknown key "snapshotStore.secretAccessKey"; known are endpoint, bucket, credentialsFile, region, prefix, caFile, serverSideEncryption, kmsKeyId, ageIdentityFile',
  ],
  [
    'a store without encryption on the network',
    store('endpoint: http://s3.home:9000', 'bucket: etcd', 'credentialsFile: /key.yml'),
    '"snapshotStore.endpoint" must begin with https:// unless the store is on this machine; caFile names your own authority',
  ],
  [
    'a store with its bucket in the address',
    store('endpoint: https://s3.home/etcd', 'bucket: etcd', 'credentialsFile: /key.yml'),
    '"snapshotStore.endpoint" must end with the host or the port: bucket and prefix are keys of their own',
  ],
  [
    'a store with a key in the address',
    store('endpoint: https://me:secret@s3.home', 'bucket: etcd', 'credentialsFile: /key.yml'),
    '"snapshotStore.endpoint" must hold no key: that goes into credentialsFile',
  ],
  [
    'a place for backups that is two',
    'hosts: [a]\nbackup:\n  targets: [{ folder: /mnt/usb, s3: { endpoint: https://s3.home, bucket: etcd, credentialsFile: /k } }]',
    '"backup.targets[0]" must have one key, folder, s3 or boards: each place is an item of its own',
  ],
  [
    'a bucket for backups without encryption on the network',
    'hosts: [a]\nbackup:\n  targets: [{ s3: { endpoint: "http://s3.home", bucket: etcd, credentialsFile: /k } }]',
    '"backup.targets[0].s3.endpoint" must begin with https:// unless the store is on this machine; caFile names your own authority',
  ],
  [
    'a backup without a place',
    'hosts: [a]\nbackup:\n  targets: []',
    'line 3: "backup.targets" must not have fewer than 1 items',
  ],
  [
    'a mirror of another scheme',
    'hosts: [picket.home]\nreleases:\n  mirror: file:///etc\n',
    '"releases.mirror" must be a URL such as https://mirror.home/etcd',
  ],
  [
    'a mirror with a secret',
    'hosts: [picket.home]\nreleases:\n  mirror: https://me:secret@mirror.home/etcd\n',
    '"releases.mirror" must hold no user name, password or query',
  ],
  ['a file that is not a mapping', '- a', 'it must be a mapping of keys to values'],
];
for (const [what, text, problem] of refused) {
  t.test(`${what} is refused`, async (t) => {
    t.strictSame(
      refusalOf(() => parseConfig(text, 'coordinator.yml')),
      { code: 'config_invalid', facts: { file: 'coordinator.yml', problem } },
    );
  });
}

t.test('a missing file is named', async (t) => {
  await t.rejects(readConfig('/nowhere/coordinator.yml'), {
    code: 'config_missing',
    facts: { file: '/nowhere/coordinator.yml', reason: /^it does not exist$/ },
  });
});

t.test('a file is read', async (t) => {
  const file = join(t.testdir(), 'coordinator.yml');
  writeFileSync(file, 'hosts: ["fd00::1"]\nport: 8443\n');
  t.same(await readConfig(file), { ...configDefaults, hosts: ['fd00::1'], port: 8443 });
});
