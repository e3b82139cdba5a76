import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PicketError } from '@picket/shared/errors.ts';
import t from 'tap';
import { configKeys, defaultConfig, loadConfig, ownsMachine, parseConfig, pathsOf } from '../../src/config/config.ts';
import { hostFiles } from '../../src/host/files/files.ts';
import { refusal, temporaryFolder } from '../support.ts';

const sample = readFileSync(new URL('../../../../etc/agent.yml', import.meta.url), 'utf8');

/** What a configuration is refused for; null if it is accepted. */
function problems(text: string): string | null {
  const path = '/etc/picket/agent.yml';
  try {
    parseConfig(text, path);
  } catch (error) {
    if (error instanceof PicketError && error.code === 'agent_config_invalid' && error.facts.path === path)
      return String(error.details.problems);
    throw error;
  }
  return null;
}

t.test('the annotated sample holds the defaults', async (t) => {
  t.strictSame(parseConfig(sample, 'agent.yml'), defaultConfig);
});

t.test('the annotated sample has every key once, and no other', async (t) => {
  const keys = [...sample.matchAll(/^(\w+):/gm)].map(([, key]) => key);
  t.strictSame(keys, Object.keys(defaultConfig));
  t.strictSame(Object.keys(configKeys), Object.keys(defaultConfig));
});

t.test('the annotated sample says what each key accepts', async (t) => {
  const words = [...sample.matchAll(/^(?:# .*\n)+\w+:/gm)];
  t.equal(words.length, Object.keys(defaultConfig).length);
});

t.test('every key is read', async (t) => {
  const text = `
coordinator: coordinator.example
name: x-k3s-m-1
stateDir: /srv/picket
etcDir: /srv/etcd
logFile: /srv/log/etcd.log
etcdBinary: /opt/etcd
init: process
etcdUser: etcd
reportSeconds: 30
logLevel: debug
`;
  t.strictSame(parseConfig(text, 'agent.yml'), {
    coordinator: 'https://coordinator.example:7443',
    name: 'x-k3s-m-1',
    stateDir: '/srv/picket',
    etcDir: '/srv/etcd',
    logFile: '/srv/log/etcd.log',
    etcdBinary: '/opt/etcd',
    init: 'process',
    etcdUser: 'etcd',
    reportSeconds: 30,
    logLevel: 'debug',
  });
});

t.test('an agent that owns the machine gives etcdctl’s environment to every login shell', async (t) => {
  t.equal(pathsOf(defaultConfig).profile, '/etc/profile.d/etcdctl.sh');
  t.equal(pathsOf({ ...defaultConfig, stateDir: '/srv/picket' }).profile, '/etc/profile.d/etcdctl.sh');
});

t.test('one of several agents writes it beside its own conf.yml', async (t) => {
  const config = { ...defaultConfig, stateDir: '/srv/picket', etcDir: '/srv/etcd' };
  t.equal(pathsOf(config).profile, '/srv/etcd/etcdctl.sh');
});

t.test('an empty file and one with only comments give all defaults', async (t) => {
  t.strictSame(parseConfig('', 'agent.yml'), defaultConfig);
  t.strictSame(parseConfig('# nothing\n', 'agent.yml'), defaultConfig);
});

for (const [text, problem] of [
  ['stateDri: /x', 'line 1: the key "stateDri" is unknown; did you mean stateDir?'],
  ['\nstate_dir: /x', 'line 2: the key "state_dir" is unknown; did you mean stateDir?'],
  ['colour: red', 'line 1: the key "colour" is unknown; remove it'],
  ['reportSeconds: often', 'line 1: reportSeconds must be a whole number from 1 to 3600'],
  ['reportSeconds: "30"', 'line 1: reportSeconds must be a whole number from 1 to 3600'],
  ['init: launchd', 'line 1: init must be one of auto, process, openrc, systemd'],
  ['stateDir: picket', 'line 1: stateDir must be an absolute path, as in /var/lib/picket'],
  [
    'stateDir: /var/../etc',
    'line 1: stateDir may hold letters, digits and . _ @ + - between single slashes, but is "/var/../etc"',
  ],
  ['name: x_1', 'line 1: name is not a name of a member: "x_1" is not a host name'],
  ['name: 7', 'line 1: name must be the name of a member, in quotes if it is a number'],
  ['coordinator: http://c', 'line 1: coordinator is not an address of a coordinator: it must begin with https://'],
  ['etcdUser: [root]', 'line 1: etcdUser must be a single value on the same line as its key'],
  ['- a', 'it is not a list of keys and values, such as logLevel: info'],
  ['logLevel: info\nlogLevel: warn', 'line 2: Map keys must be unique'],
  ['logLevel: [', 'line 1:'],
] as const) {
  t.test(`${JSON.stringify(text)} is reported as: ${problem}`, async (t) => {
    t.equal(problems(text)?.slice(0, problem.length), problem);
  });
}

t.test('a name may have the domain of the cluster', async (t) => {
  for (const name of ['x-k3s-m-1.edge.huatai.me', 'X-K3S-M-1.', 'x'])
    t.equal(parseConfig(`name: ${name}`, 'agent.yml').name, name);
});

const longest = 'a'.repeat(32);

// Of adduser on Alpine (BusyBox) and Debian, and of useradd.
for (const user of ['etcd', '_etcd', 'john.doe', 'Pi', '2nd-user', 'svc@example.org', longest]) {
  t.test(`etcdUser takes the user name ${user}`, async (t) => {
    t.equal(parseConfig(`etcdUser: ${JSON.stringify(user)}`, 'agent.yml').etcdUser, user);
  });
}

for (const value of ['', '-etcd', '.etcd', '..', '1000', 'a b', 'a:b', 'a/b', 'a\nb', `${longest}a`]) {
  t.test(`etcdUser refuses ${JSON.stringify(value)}`, async (t) => {
    t.match(problems(`etcdUser: ${JSON.stringify(value)}`), 'line 1: etcdUser must be the name of a user');
  });
}

t.test('all problems are reported at once', async (t) => {
  t.match(problems('a: 1\nb: 2'), /\n- line 1: .*\n- line 2: /);
});

t.test('a configuration that was named must be there; the default one need not', async (t) => {
  const path = join(temporaryFolder(t), 'agent.yml');
  t.equal((await refusal(loadConfig(hostFiles(), path))).code, 'agent_config_unreadable');
  t.strictSame(await loadConfig({ read: async () => null }), defaultConfig);
  writeFileSync(path, 'logLevel: warn');
  t.equal((await loadConfig(hostFiles(), path)).logLevel, 'warn');
});

t.test('R4: etcd’s data lies below the agent’s state, on the same disk', async (t) => {
  t.equal(pathsOf(defaultConfig).dataRoot, '/var/lib/picket/etcd');
});

t.test('an agent away from the system’s places does not speak for the machine', async (t) => {
  t.ok(ownsMachine(defaultConfig));
  t.notOk(ownsMachine({ ...defaultConfig, etcDir: '/tmp/a/etcd', stateDir: '/tmp/a/state' }));
});
