import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readContext, writeContext } from '@picket/shared/context/context.ts';
import type { AuditHead } from '@picket/shared/protocol/audit.ts';
import t from 'tap';
import { program } from '../../packages/coordinator/test/releases/sample-programs.ts';
import { textOf as contentOf } from '../../packages/coordinator/test/support/coordinator.ts';
import { databaseOf, withHash } from '../../packages/coordinator/test/support/database-pages.ts';
import { helpOnPage } from '../../scripts/docs/cli.ts';
import { type Finished, type RunOptions, runToEnd } from '../support/children.ts';
import { programs } from '../support/programs.ts';
import { said } from '../support/said.ts';
import { errorsAsCodes } from './codes-for-words.ts';
import { commandsIn } from './commands.ts';
import { formed, rounds, snapshotOctets } from './machines.ts';
import { commandSaid, runPicket } from './picket.ts';
import { Placeholders } from './placeholders.ts';
import { allAsRecorded } from './recorded.ts';
import { Session } from './session.ts';

const hosts = '192.168.7.11,x-k3s-m-1\n192.168.7.12,x-k3s-m-2\n192.168.7.13,x-k3s-m-3\n';

type Run = (args: readonly string[]) => Promise<Finished>;

function builtProgram(file: string, options: Pick<RunOptions, 'env' | 'cwd'>): Run {
  return (args) => runToEnd(process.execPath, [file, ...args], { ...options, bare: true });
}

t.test('what the commands say of themselves', async (t) => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/reference/cli.md'), 'utf8');
  const texts = new Map<string, string>();
  const places = new Placeholders(0);
  const home = t.testdir();
  places.name(home, 'home');
  // Nothing of this machine's: neither its home nor the width of its terminal.
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  const env = { HOME: '/home/user', PATH, NODE_COMPILE_CACHE };
  // Of picket the built program says the same, and takes a quarter of a second for it each time.
  const picket: Run = (args) => runPicket(args, { env, now: 0 });
  for (const [name, program] of [
    ['picket', picket],
    ['picket-agent', builtProgram(programs.agent, { env, cwd: home })],
    ['picket-coordinator', builtProgram(programs.coordinator, { env, cwd: home })],
  ] as const) {
    const parts: string[] = [];
    const run = async (args: readonly string[]): Promise<string> => {
      const ended = await program(args);
      parts.push(places.replace(commandSaid([name, ...args], ended)));
      return ended.stdout;
    };
    const helps = async (command: readonly string[]): Promise<void> => {
      const { code, stdout, stderr } = await program([...command, '--help']);
      const isOnPage = page.includes(helpOnPage(stdout.replaceAll(env.HOME, '~'), command.length === 0));
      t.strictSame({ code, stderr, isOnPage }, { code: 0, stderr: '', isOnPage: true }, [name, ...command].join(' '));
      for (const inner of commandsIn(stdout)) if (inner !== 'help') await helps([...command, inner]);
    };
    await helps([]);
    for (const args of [[], ['--version'], ['nonsense'], ['--nonsense']]) await run(args);
    if (name === 'picket-agent') {
      const config = join(home, 'agent.yml');
      for (const content of [null, `stateDir: ${home}/state\netcDir: ${home}/etcd\n`, 'colour: red\n']) {
        if (content !== null) writeFileSync(config, content);
        for (const args of [['status'], ['once'], ['run'], ['wait']]) await run([...args, '--config', config]);
      }
      await run(['status', '--output', 'xml']);
    }
    if (name === 'picket-coordinator') {
      const config = join(home, 'coordinator.yml');
      for (const args of [['serve'], ['operators'], ['backup', 'file.tar.gz'], ['restore', 'file.tar.gz'], ['init']])
        await run([...args, '--config', config]);
      await run(['operator', 'ada']);
    }
    texts.set(`cli/help/${name}.txt`, errorsAsCodes(parts.join('\n')));
  }
  allAsRecorded(t, texts, ['cli/help']);
});

t.test('what picket prints of each thing that it does', async (t) => {
  const session = await Session.open(t);
  const { coordinator, placeholders } = session;
  const file = 'cli/commands.txt';
  const picket = (line: string, options = {}) => session.picket(file, line.split(' '), options);
  const list = session.file('hosts.csv', hosts);
  await picket('cluster list');
  await picket('token list');
  await picket('node list');
  await picket('events');
  await picket('snapshot list');
  await picket('release list');
  await picket(`cluster create x-k3s --hosts ${list} --domain edge.huatai.me --vip 192.168.7.10`);
  await picket(`cluster create x-k3s --hosts ${list} --domain edge.huatai.me`);
  await picket('cluster create pair --hosts - --domain edge.huatai.me --ports 12379,12380,12381', {
    stdin: '192.168.7.21,pair-m-1\n192.168.7.22,pair-m-2\n',
  });
  await picket('cluster create bad --hosts - --domain edge.huatai.me', { stdin: 'nonsense\n' });
  await picket('cluster list');
  await picket('cluster list --output json');
  await picket('cluster show pair');
  await picket('cluster export x-k3s');
  await picket('cluster set x-k3s heartbeatIntervalMs=250');
  await picket('cluster set x-k3s heartbeatIntervalMs=250');
  await picket('cluster set x-k3s heartbeatInterval=250');
  await picket('cluster set x-k3s heartbeatIntervalMs=fast');
  await picket('cluster set x-k3s domain=example.org');
  await picket('cluster history x-k3s');
  await picket('cluster diff x-k3s --from 1 --to 2');
  await picket('cluster revert x-k3s 1');
  await picket('cluster revert x-k3s 9');
  const exported = session.file('x-k3s.yml', 'name: x-k3s\ncolour: red\n');
  await picket(`cluster apply --file ${exported}`);
  await picket('cluster apply --file /nowhere/x-k3s.yml');
  await picket('cluster k3s x-k3s');
  await picket('cluster dns x-k3s');
  await picket('cluster dns x-k3s --format hosts');
  await picket('cluster prometheus x-k3s');
  await picket('cluster set x-k3s etcdMetrics=open');
  await picket('rollout pause x-k3s');
  await picket('rollout abort x-k3s');
  await picket('token create x-k3s');
  await picket('token create x-k3s --member x-k3s-m-1 --ttl 2h --uses 1');
  await picket('token create x-k3s --client --name k3s-server-1 --quiet');
  await picket('token create x-k3s --name k3s-server-1');
  await picket('token create x-k3s --member nobody');
  await picket('token list x-k3s');
  await picket('token list --output json');
  await picket('token revoke nobody00');
  await picket('operator create bob --role viewer --ttl 2h');
  await picket('operator create bob --role viewer');
  await picket('operator invite nobody');
  await picket('operator role bob operator');
  await picket('operator role ada viewer');
  await picket('operator list');
  await picket('operator revoke bob');
  await picket('operator revoke bob --yes');
  await picket('operator revoke bob --yes');
  await picket('status x-k3s');
  await picket('diagnose x-k3s');
  await picket('diagnose nowhere');
  await picket('advisories x-k3s');
  await picket('advisories x-k3s --output json');

  const machines = await formed(coordinator, 3, 'c3', 'c3-m-');
  for (const [index, { node }] of machines.entries()) placeholders.name(node.id, `node-${index + 1}`);
  const [one, two, three] = machines;
  if (one === undefined || two === undefined || three === undefined) throw new Error('three have not joined');
  one.changes = {
    machine: {
      disk: { totalBytes: 32e9, freeBytes: 1e9 },
      memory: { totalBytes: 1e9, availableBytes: 1e8 },
      ...{ temperatureCelsius: 84, clockOffsetMs: 5400, walFsyncP99Ms: 45 },
    },
    service: { restarts: 2, etcdVersion: '3.5.24' },
  };
  two.changes = { agent: { version: '9.9.0' } };
  three.changes = {
    etcd: null,
    service: {
      ...{ state: 'crashed', reason: said('etcd ended with status 1'), lastLog: ['panic: x'] },
      etcdVersion: '3.5.16',
    },
  };
  await rounds(coordinator, machines);
  await picket('status c3');
  await picket('advisories c3');
  await picket('diagnose c3');
  await picket('diagnose c3 --output json');
  three.changes = {};
  await rounds(coordinator, machines, { count: 4 });
  await picket('history c3');
  await picket('history c3 --metric temperature --member c3-m-1 --since 7d');
  await picket('history c3 --metric heat');
  await picket('status c3 --watch --output json');
  await picket('node list c3 --output json');
  await picket('node list --all');
  await picket('node show c3-m-1');
  await picket('member list');
  await picket('snapshot take c3');
  await rounds(coordinator, machines, { count: 3 });
  await picket('snapshot list c3');
  const { items } = (await coordinator.admin.get('/v1/snapshots')).json<{ items: { id: string }[] }>();
  const id = items[0]?.id ?? '';
  await picket(`snapshot verify ${id}`);
  const target = join(coordinator.config.dataDir, '../snapshot.db');
  await picket(`snapshot download ${id} ${target}`);
  await picket(`snapshot download ${id} ${target}`);
  session.note(file, `(the file has ${contentOf(target)?.length} of ${snapshotOctets.length} octets)\n`);
  await picket('snapshot verify nobody00');
  const foreign = join(coordinator.config.dataDir, '../foreign.db');
  const foreignOctets = withHash(databaseOf({ clusterVersion: '3.5.0', revision: 7 }));
  writeFileSync(foreign, foreignOctets.subarray(0, -32));
  await picket(`snapshot import c3 ${foreign}`);
  writeFileSync(foreign, foreignOctets);
  await picket(`snapshot import c3 ${foreign}`);
  await picket('snapshot import c3 /nowhere/foreign.db');
  await picket('member replace c3 c3-m-2');
  await picket('member replace c3 c3-m-9 --yes');
  await picket(`node evict ${two.node.id}`);
  await picket(`node evict ${two.node.id} --lost`);
  await picket(`node evict ${two.node.id} --lost --yes`);
  await picket(`node evict ${two.node.id} --lost --compromised`);
  await picket(`node evict ${two.node.id} --compromised`);
  await picket('node evict nobody00');
  await picket(`node unfreeze ${two.node.id}`);
  await picket(`node readopt ${two.node.id} --yes`);
  await picket('cluster reset c3');
  await picket('cluster reset c3 --confirm c4');
  await picket('cluster reset c3 --confirm c3');
  await picket('cluster unfreeze c3');
  await picket(`cluster restore c3 --snapshot ${id}`);
  await picket(`cluster restore c3 --snapshot ${id} --yes`);
  await picket(`cluster restore c3 --snapshot ${id} --force --confirm c3`);
  await picket(`cluster restore c3 --snapshot ${id} --force --confirm c3 --without-snapshot`);
  await picket('member replace c3 c3-m-2 --yes');
  await picket('certificates c3 --limit 2');
  await picket('certificates --issued --limit 2');
  await picket('events c3 --limit 2');
  await picket('events c3 --node c3-m-1 --kind etcd-restarted');
  await picket('events c3 --limit 1 --output json');
  const tool = program('arm64');
  const path = join(coordinator.config.dataDir, '../etcdutl');
  writeFileSync(path, tool);
  const sha256 = createHash('sha256').update(tool).digest('hex');
  await picket(`release add ${path} --sha256 ${sha256}`);
  await picket(`release add ${path} --sha256 ${'ab'.repeat(32)}`);
  await picket(`release add /nowhere/etcdutl --sha256 ${sha256}`);
  await picket('release list');
  await picket(`release remove ${sha256}`);
  await picket('audit list --limit 9');
  await picket('audit list --limit 1 --output json');
  await picket('audit head');
  const { number, hash } = (await coordinator.admin.get('/v1/audit/head')).json<AuditHead>();
  await picket(`audit verify --head ${number}:${hash}`);
  await picket(`audit verify --head ${number + 1}:${'ab'.repeat(32)}`);
  await picket('audit verify --head nonsense');
  await picket(`audit export ${join(coordinator.config.dataDir, '../audit.jsonl')}`);
  allAsRecorded(t, session.texts());
});

t.test('how a cluster is deleted', async (t) => {
  const session = await Session.open(t);
  const { coordinator } = session;
  const file = 'cli/deletion.txt';
  const picket = (line: string, stdin = '') => session.picket(file, line.split(' '), { stdin });
  await picket('cluster create new --hosts - --domain edge.huatai.me', '192.168.7.21,new-m-1\n');
  await picket('cluster delete new');
  await picket('cluster delete new --confirm new');
  await picket('cluster delete new --confirm new');
  const machines = await formed(coordinator, 3);
  const [one, two, three] = machines;
  if (one === undefined || two === undefined || three === undefined) throw new Error('three have joined');
  await picket('diagnose x-k3s');
  await picket('cluster delete x-k3s');
  await picket('cluster delete x-k3s --confirm x-k3');
  const path = '/v1/clusters/x-k3s/delete';
  const ask = (body: unknown) => session.ask(file, ['admin', coordinator.admin], `POST ${path}`, { body });
  await ask({});
  three.silent = true;
  await rounds(coordinator, machines, { count: 8 });
  for (const machine of machines) machine.idle = ['snapshot'];
  await picket('cluster delete x-k3s --confirm x-k3s');
  await picket('status x-k3s');
  await picket('cluster set x-k3s allowDowntime=true');
  await session.ask(file, ['admin', coordinator.admin], 'POST /v1/clusters/x-k3s/reset', { body: {} });
  for (const machine of machines) machine.idle = [];
  await rounds(coordinator, machines);
  await picket('status x-k3s');
  await rounds(coordinator, machines, { count: 2 });
  await picket('status x-k3s');
  await picket('cluster delete x-k3s --force --confirm x-k3s');
  const { items } = (await coordinator.admin.get('/v1/clusters?deleted=true')).json<{
    items: { spec: { name: string } }[];
  }>();
  const filed = items.map(({ spec }) => spec.name).find((name) => name.startsWith('x-k3s')) ?? '';
  await picket('cluster list');
  await picket('cluster list --deleted');
  await picket(`status ${filed}`);
  await picket(`events ${filed} --limit 8`);
  await picket(`events ${filed} --limit 7 --output json`);
  await picket(`snapshot list ${filed}`);
  await picket(`token create ${filed}`);
  await formed(coordinator, 1);
  for (const machine of [two]) machine.silent = true;
  await session.ask(file, ['admin', coordinator.admin], `POST ${path}`, { body: { dryRun: true } });
  coordinator.clock.now += 100_000;
  await ask({ confirm: 'x-k3s' });
  await picket('cluster delete x-k3s --confirm x-k3s');
  allAsRecorded(t, session.texts());
});

t.test('what picket prints where it cannot do it', async (t) => {
  const session = await Session.open(t);
  const { coordinator, placeholders } = session;
  const file = 'cli/errors.txt';
  const picket = (line: string, context?: string) =>
    session.picket(file, line.split(' '), context === undefined ? {} : { context });
  for (const line of [
    'clutser list',
    'cluster',
    'cluster lits',
    'status',
    'status X',
    'status x-k3s x-k3s',
    'status x-k3s --nonsense',
    'status nowhere',
    'status nowhere --output json',
    'status nowhere --output xml',
    'token create x-k3s --ttl soon',
    'token create x-k3s --uses 0',
    'token revoke X',
    'cluster create x-k3s',
    'cluster create x-k3s --hosts /nowhere/hosts.csv --domain edge.huatai.me',
    'cluster set x-k3s',
    'cluster set x-k3s colour=red',
    'cluster set nowhere vips=192.168.7.10',
    'cluster revert x-k3s zero',
    'events --limit none',
    'events --kind quorum-losst',
    'events --since yesterday',
    'installer --upgrade --purge',
  ])
    await picket(line);

  await picket('status x-k3s', '/nowhere/context.yml');
  await picket('status x-k3s --output json', '/nowhere/context.yml');
  const whole = contentOf(session.contextFile) ?? '';
  await picket('status x-k3s', session.file('exposed.yml', whole, 0o644));
  await picket('status x-k3s', session.file('broken.yml', 'server: here\n'));
  await picket('status x-k3s', session.file('no-yaml.yml', '{'));
  const folder = join(coordinator.config.dataDir, '../a-folder');
  mkdirSync(folder);
  await picket('status x-k3s', folder);
  const context = readContext(whole, session.contextFile);
  const away = writeContext({ ...context, server: 'https://127.0.0.1:1' });
  await picket('status x-k3s', session.file('away.yml', away));
  await picket('status x-k3s --output json', session.file('away.yml', away));

  // Of a test of its own, since a test has one folder.
  await t.test('at another coordinator', async (t) => {
    const other = await Session.open(t);
    placeholders.name(`https://127.0.0.1:${other.coordinator.port}`, 'another coordinator');
    const server = `https://127.0.0.1:${other.coordinator.port}`;
    await picket('status x-k3s', session.file('elsewhere.yml', writeContext({ ...context, server })));
    const theirs = readContext(contentOf(other.contextFile) ?? '', other.contextFile);
    const stranger = writeContext({ ...context, credential: theirs.credential });
    await picket('status x-k3s', session.file('stranger.yml', stranger));
    t.pass('compared below');
  });

  await formed(coordinator, 1);
  coordinator.clock.now += 400 * 86_400_000;
  await picket('status x-k3s');
  allAsRecorded(t, session.texts());
});
