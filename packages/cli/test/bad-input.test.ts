import { failure, type PicketError } from '@picket/shared/errors.ts';
import type { ClusterCreate } from '@picket/shared/protocol/clusters.ts';
import t from 'tap';
import { makePki } from './support/pki.ts';
import { complaint, contextEnv, folder, runCli, writeFile } from './support/run-cli.ts';
import { startStub } from './support/stub-coordinator.ts';
import { cluster, secret } from './support/views.ts';

const pki = await makePki();
// Nothing is asked of it: each command line is refused before.
const env = contextEnv('https://127.0.0.1:1', pki);
const hosts = writeFile('hosts.csv', '192.168.7.11,a\n192.168.7.12,b\n192.168.7.13,c\n');
// And where nothing may be asked, this one would have taken it.
const stub = await startStub(pki, () => ({ status: 201, body: cluster }));
const served = contextEnv(stub.url, pki, 'served.yml');
t.teardown(() => stub.close());
const create = ['cluster', 'create', 'x-k3s', '--domain', 'edge.huatai.me'];

const refused: readonly (readonly [argv: readonly string[], problem: string, help: string])[] = [
  [['clutser'], "unknown command 'clutser' (did you mean cluster?)", 'picket'],
  [['cluster', 'lst'], "unknown command 'lst' (did you mean list?)", 'picket cluster'],
  [['cluster', 'reset'], "missing required argument 'name'", 'picket cluster reset'],
  [['status', 'x-k3s', '--wacth'], "unknown option '--wacth' (did you mean --watch?)", 'picket status'],
  [
    ['version', '--output', 'xml'],
    "option '-o, --output <format>' argument 'xml' is invalid. Allowed choices are table, wide, json",
    'picket version',
  ],
  [create, '--hosts FILE is missing', 'picket cluster create'],
  [
    ['cluster', 'create', 'x-k3s', '--hosts', hosts],
    '--domain DOMAIN is missing, for example edge.example.net',
    'picket cluster create',
  ],
  [[...create, '--host', hosts], "unknown option '--host' (did you mean --hosts?)", 'picket cluster create'],
  [
    ['cluster', 'set', 'x-k3s', 'autoCompactionRetention=soon'],
    'autoCompactionRetention "soon" must be hours or minutes, such as 1h or 30m, or 0 for never',
    'picket cluster set',
  ],
  ...(
    [
      ['heartbeatIntervalMs=5', 'heartbeatIntervalMs "5" must be a whole number from 10 to 10000'],
      ['electionTimeoutMs=1s', 'electionTimeoutMs "1s" must be a whole number from 50 to 50000'],
      ['quotaBackendBytes=1', 'quotaBackendBytes "1" must be a whole number from 16777216 to 8589934592'],
      ['snapshotEveryMinutes=99999', 'snapshotEveryMinutes "99999" must be a whole number from 0 to 10080'],
      ['metricsPort=70000', 'metricsPort "70000" must be a whole number from 1 to 65535'],
      ['leafLifetimeHours=0', 'leafLifetimeHours "0" must be a whole number from 1 to 87600'],
      ['serviceNames=Etcd', 'serviceNames "Etcd" must be a DNS name in lower case, for example edge.example.net'],
      [
        'vips=10.0.0.256',
        'vips: "10.0.0.256" is not an IPv4 address; each part is a number from 0 to 255 without leading zeros',
      ],
    ] as const
  ).map(([pair, problem]) => [['cluster', 'set', 'x-k3s', pair], problem, 'picket cluster set'] as const),
  [['cluster', 'set', 'x-k3s', 'keepDaily=3', 'keepDaily=4'], 'keepDaily is given twice', 'picket cluster set'],
  [
    ['member', 'hold', 'x-k3s', 'x-k3s-m-1', '--reason', `for pkt1.tok12345.${secret}.0`],
    '--reason contains what looks like a secret; leave that out: "for pkt1.tok12345.…"',
    'picket member hold',
  ],
  [
    ['snapshot', 'verify', 'no'],
    '"no" is not the ID of a snapshot; `picket snapshot list` shows them',
    'picket snapshot verify',
  ],
  [
    ['node', 'evict', 'X-K3S-M-1'],
    '"X-K3S-M-1" is neither the name of a member or client nor the ID of a node',
    'picket node evict',
  ],
  [
    ['cluster', 'create', 'X', '--hosts', hosts, '--domain', 'd.me'],
    'the cluster name "X" must be lower-case letters, digits and hyphens, at most 63, with a letter or digit at both ends',
    'picket cluster create',
  ],
  [
    ['cluster', 'create', 'x', '--hosts', hosts, '--domain', 'Edge'],
    '--domain "Edge" must be a DNS name in lower case, for example edge.example.net',
    'picket cluster create',
  ],
  [
    [...create, '--hosts', hosts, '--vip', '10.0.0.256'],
    '--vip: "10.0.0.256" is not an IPv4 address; each part is a number from 0 to 255 without leading zeros',
    'picket cluster create',
  ],
  [
    [...create, '--hosts', hosts, '--vip', '224.0.0.1'],
    '--vip: 224.0.0.1 cannot be a VIP: it is a multicast address; give the address of a network interface',
    'picket cluster create',
  ],
  [
    [...create, '--hosts', hosts, '--ports', '1,2'],
    '--ports "1,2" must be three ports: client,peer,metrics, for example 2379,2380,2381',
    'picket cluster create',
  ],
  [
    [...create, '--hosts', hosts, '--ports', '7,7,8'],
    '--ports "7,7,8" names a port twice; the three must differ',
    'picket cluster create',
  ],
  [
    [...create, '--hosts', hosts, '--leaf-lifetime', 'long'],
    '--leaf-lifetime "long" is not a duration; write it as 1y, 90d, 8760h or a number of hours',
    'picket cluster create',
  ],
  [
    [...create, '--hosts', hosts, '--leaf-lifetime', '11y'],
    '--leaf-lifetime "11y" must be whole hours from 1h to 87600h (10y)',
    'picket cluster create',
  ],
  [
    [...create, '--hosts', hosts, '--heartbeat-ms', '5'],
    '--heartbeat-ms "5" must be a whole number from 10 to 10000',
    'picket cluster create',
  ],
  [
    [...create, '--hosts', hosts, '--advertise', 'dns'],
    "option '--advertise <what>' argument 'dns' is invalid. Allowed choices are ip, name",
    'picket cluster create',
  ],
  [
    ['token', 'create', 'x-k3s', '--ttl', 'soon'],
    '--ttl "soon" is not a duration; write it as 30m, 1h or 2d',
    'picket token create',
  ],
  [
    ['token', 'create', 'x-k3s', '--ttl', '-1h'],
    '--ttl "-1h" is not a duration; write it as 30m, 1h or 2d',
    'picket token create',
  ],
  [['token', 'create', 'x-k3s', '--ttl', '59s'], '--ttl "59s" is outside of 1m to 30d', 'picket token create'],
  [['token', 'create', 'x-k3s', '--ttl', '31d'], '--ttl "31d" is outside of 1m to 30d', 'picket token create'],
  [
    ['token', 'create', 'x-k3s', '--uses', '0'],
    '--uses "0" must be a whole number from 1 to 100',
    'picket token create',
  ],
  [
    ['token', 'create', 'x-k3s', '--member', 'a.edge.me'],
    '--member: "a.edge.me" is a fully-qualified name; write "a" here and give the domain once, with --domain edge.me',
    'picket token create',
  ],
  [['token', 'revoke', 'NO'], '"NO" is not the ID of a token; `picket token list` shows them', 'picket token revoke'],
  [
    ['events', '--since', 'yesterday'],
    '--since "yesterday" is not a time; write it as 30m, 12h or 2d ago, or as 2026-11-26T22:00Z',
    'picket events',
  ],
  [
    ['events', '--until', '2026-02-30'],
    '--until "2026-02-30" is not a time; write it as 30m, 12h or 2d ago, or as 2026-11-26T22:00Z',
    'picket events',
  ],
  [['events', '--follow', '--until', '1h'], '--follow and --until exclude each other', 'picket events'],
  [['events', '--limit', 'all'], '--limit "all" must be a whole number from 1 to 1000000', 'picket events'],
];

for (const [argv, problem, help] of refused) {
  t.test(`refused: picket ${argv.join(' ').replace(folder, '')}`, async (t) => {
    const ran = await runCli(argv, { env });
    t.equal(ran.err, complaint(failure('usage_invalid', { problem, command: help })));
    t.equal(ran.code, 2);
    t.equal(ran.out, '');
  });
}

const invalid = (problems: string) => failure('hosts_file_invalid', { problems });
const unreadable = (problem: string) => failure('hosts_file_unreadable', { problem });
const badHosts: readonly (readonly [what: string, list: string, error: PicketError])[] = [
  ['is empty', '', invalid('it lists no hosts; write each host as ADDRESS,NAME, as in 192.168.7.11,x-k3s-m-1')],
  [
    'has a mistyped address',
    '192.168.7.11,a\n192.168.7.300,b\n',
    invalid(
      'line 2: "192.168.7.300" is not an IPv4 address; each part is a number from 0 to 255 without leading zeros',
    ),
  ],
  [
    'has a host name where an IP belongs',
    '主机IP,主机名\n192.168.7.11,a\npi-2.lan,b\n',
    invalid('line 3: "pi-2.lan" is not an IP address; give the address of the host, as in 192.168.7.11'),
  ],
  [
    'has a name twice',
    '192.168.7.11,a\n192.168.7.12,A\n',
    invalid('line 2: the name "a" is already on line 1; give each host its own'),
  ],
  [
    'has an address twice',
    '192.168.7.11,a\n192.168.7.11,b\n',
    invalid('line 2: the address "192.168.7.11" is already on line 1; give each host its own'),
  ],
  [
    'has a line twice',
    '192.168.7.11,a\n192.168.7.11,a\n',
    invalid(
      '\n- line 2: the name "a" is already on line 1; give each host its own' +
        '\n- line 2: the address "192.168.7.11" is already on line 1; give each host its own',
    ),
  ],
  [
    'has an invalid name',
    '192.168.7.11,a\n192.168.7.12,pi_2\n',
    invalid(
      'line 2: "pi_2" is not a host name; use lower-case letters, digits and hyphens, with a letter or digit at both ends',
    ),
  ],
  [
    'has a loopback address',
    '127.0.0.1,a\n',
    invalid(
      'line 1: 127.0.0.1 cannot be the address of a member: it is a loopback address, which other hosts cannot reach; give the address of a network interface (all on one machine, as a trial: --allow-loopback)',
    ),
  ],
  [
    'is binary',
    '\u0000',
    unreadable('it contains zero bytes, so it is not text; export the spreadsheet as "CSV UTF-8"'),
  ],
  ['is too large', 'x'.repeat(70_000), unreadable('it is larger than 65536 bytes; check that it is the right file')],
];

for (const [what, list, error] of badHosts) {
  t.test(`a host list that ${what} is refused in words, and nothing is sent`, async (t) => {
    stub.seen.length = 0;
    const fromFile = await runCli([...create, '--hosts', writeFile('bad.csv', list)], { env: served });
    const fromStdin = await runCli([...create, '--hosts', '-'], { env: served, stdin: list });
    for (const { code, out, err } of [fromFile, fromStdin]) t.strictSame([code, out, err], [2, '', complaint(error)]);
    t.strictSame(stub.seen, []);
  });
}

const three = ['192.168.7.11,x-k3s-m-1', '192.168.7.12,x-k3s-m-2', '192.168.7.13,x-k3s-m-3'];
const seed = ['主机IP,主机名', ...three, ''].join('\n');
const goodHosts: readonly (readonly [what: string, list: string])[] = [
  ['the header of the seed', seed],
  ['no header', three.join('\n')],
  [
    'a German header and another order of columns',
    'Rechner;Adresse\n'.concat(swapped(three).join('\n')).replaceAll(',', ';'),
  ],
  ['a Japanese header', seed.replace('主机IP,主机名', 'アドレス,ホスト名')],
  ['a byte order mark and CRLF, as Excel writes it', `\ufeff${seed.replaceAll('\n', '\r\n')}`],
];
for (const [what, list] of goodHosts) {
  t.test(`a host list with ${what} declares its hosts, in its order`, async (t) => {
    stub.seen.length = 0;
    const { code, err } = await runCli([...create, '--hosts', writeFile('good.csv', list)], { env: served });
    t.strictSame([code, err], [0, '']);
    t.strictSame((stub.seen[0]?.body as ClusterCreate | undefined)?.members, cluster.spec.members);
  });
}

function swapped(lines: readonly string[]): string[] {
  return lines.map((line) => line.split(',').reverse().join(','));
}

t.test('a host list that is not there', async (t) => {
  const ran = await runCli([...create, '--hosts', '/nowhere/hosts.csv'], { env });
  t.equal(ran.code, 2);
  t.equal(ran.err, complaint(unreadable('/nowhere/hosts.csv: the file does not exist')));
  const directory = await runCli([...create, '--hosts', folder], { env });
  t.equal(directory.err, complaint(unreadable(`${folder}: it is a directory`)));
});

t.test('a usage error in JSON', async (t) => {
  for (const format of [['--output', 'json'], ['--output=json'], ['-o', 'json']]) {
    const ran = await runCli(['clutser', ...format], { env });
    t.equal(ran.code, 2);
    t.equal(ran.err, '');
    const problem = "unknown command 'clutser' (did you mean cluster?)";
    t.strictSame(JSON.parse(ran.out), failure('usage_invalid', { problem, command: 'picket' }).toWire());
  }
});

t.test('R11: a join string or key pasted into the wrong place is not repeated', async (t) => {
  const joinString = `pkt1.tok12345.${secret}.${'0'.repeat(64)}`;
  const argvs = [
    [joinString],
    ['token', 'revoke', joinString],
    ['token', 'create', joinString],
    ['token', 'create', 'x-k3s', '--member', joinString],
    ['token', 'create', 'x-k3s', '--ttl', joinString],
    ['status', 'x-k3s', `--join=${joinString}`],
    ['status', 'x-k3s', '--output', joinString],
    ['cluster', 'create', 'x', '--domain', 'd.me', '--hosts', joinString],
    ['cluster', 'show', pki.credential],
    ['--context', pki.credential, 'cluster', 'list'],
  ];
  for (const argv of argvs) {
    for (const more of [[], ['-o', 'json']]) {
      const { code, out, err } = await runCli([...argv, ...more], { env });
      t.not(code, 0);
      t.notMatch(out + err, secret);
      for (const line of pki.credential.split('\n').slice(-6, -2))
        t.notOk((out + err).includes(line), 'no line of the key');
    }
  }
});
