import t from 'tap';
import { makePki } from './support/pki.ts';
import { contextEnv, folder, runCli, writeFile } from './support/run-cli.ts';
import { secret } from './support/views.ts';

const pki = await makePki();
// Nothing is asked of it: each command line is refused before.
const env = contextEnv('https://127.0.0.1:1', pki);
const hosts = writeFile('hosts.csv', '192.168.7.11,a\n192.168.7.12,b\n192.168.7.13,c\n');
const create = ['cluster', 'create', 'x-k3s', '--domain', 'edge.huatai.me'];

const refused: readonly (readonly [argv: readonly string[], problem: string, help: string])[] = [
  [['clutser'], "unknown command 'clutser' (did you mean cluster?)", 'picket'],
  [['cluster', 'lst'], "unknown command 'lst' (did you mean list?)", 'picket cluster'],
  [['status'], "missing required argument 'name'", 'picket status'],
  [['status', 'x-k3s', '--wacth'], "unknown option '--wacth' (did you mean --watch?)", 'picket status'],
  [
    ['version', '--output', 'xml'],
    "option '-o, --output <format>' argument 'xml' is invalid. Allowed choices are table, json",
    'picket version',
  ],
  [create, "required option '--hosts <file>' not specified", 'picket cluster create'],
  [
    ['cluster', 'create', 'X', '--hosts', hosts, '--domain', 'd.me'],
    'the cluster name "X" must be lower-case letters, digits and hyphens, at most 63, with a letter or digit at both ends',
    'picket cluster create',
  ],
  [
    ['cluster', 'create', 'x', '--hosts', hosts, '--domain', 'Edge'],
    '--domain "Edge" must be a DNS name in lower case, as in edge.example.net',
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
    '--ports "1,2" must be three ports, client,peer,metrics, as in 2379,2380,2381',
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
  [['events', '--limit', 'all'], '--limit "all" must be a whole number from 1 to 1000000', 'picket events'],
];

for (const [argv, problem, help] of refused) {
  t.test(`refused: picket ${argv.join(' ').replace(folder, '')}`, async (t) => {
    const ran = await runCli(argv, { env });
    t.equal(
      ran.err,
      `picket: The command line is not right: ${problem}.\n  Run \`${help} --help\` for what it takes.\n`,
    );
    t.equal(ran.code, 2);
    t.equal(ran.out, '');
  });
}

const badHosts: readonly (readonly [list: string, message: string])[] = [
  ['', 'The host list is not valid: it lists no hosts; write each host as ADDRESS,NAME, as in 192.168.7.11,x-k3s-m-1.'],
  ['192.168.7.11,a\n192.168.7.300,b\n', 'The host list is not valid: line 2: "192.168.7.300" is not an IPv4 address'],
  ['192.168.7.11,a\n192.168.7.11,a\n', 'The host list is not valid: \n- line 2: the name "a" is already on line 1'],
  [
    '127.0.0.1,a\n',
    'The host list is not valid: line 1: 127.0.0.1 cannot be the address of a member: it is a loopback',
  ],
  ['\u0000', 'The host list cannot be read: it holds zero bytes'],
  ['x'.repeat(70_000), 'The host list cannot be read: it is larger than 65536 bytes'],
];

for (const [list, message] of badHosts) {
  t.test(`a host list: ${message}`, async (t) => {
    const fromFile = await runCli([...create, '--hosts', writeFile('bad.csv', list)], { env });
    const fromStdin = await runCli([...create, '--hosts', '-'], { env, stdin: list });
    for (const ran of [fromFile, fromStdin]) {
      t.equal(ran.code, 1);
      t.ok(ran.err.startsWith(`picket: ${message}`), ran.err);
    }
  });
}

t.test('a host list that is not there', async (t) => {
  const ran = await runCli([...create, '--hosts', '/nowhere/hosts.csv'], { env });
  t.equal(ran.code, 1);
  t.match(ran.err, 'picket: The host list cannot be read: /nowhere/hosts.csv: there is no such file.\n');
  const directory = await runCli([...create, '--hosts', folder], { env });
  t.match(directory.err, `picket: The host list cannot be read: ${folder}: it is a directory.\n`);
});

t.test('a usage error in JSON', async (t) => {
  for (const format of [['--output', 'json'], ['--output=json'], ['-o', 'json']]) {
    const ran = await runCli(['clutser', ...format], { env });
    t.equal(ran.code, 2);
    t.equal(ran.err, '');
    t.strictSame(JSON.parse(ran.out), {
      code: 'usage_invalid',
      message: "The command line is not right: unknown command 'clutser' (did you mean cluster?).",
      hint: 'Run `picket --help` for what it takes.',
      details: { problem: "unknown command 'clutser' (did you mean cluster?)", command: 'picket' },
    });
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
