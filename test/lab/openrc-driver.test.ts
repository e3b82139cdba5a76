import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reason } from '@picket/shared/reasons/reason.ts';
import { build } from 'esbuild';
import t, { type Test } from 'tap';
import type { EtcdUnit, ServiceState } from '../../packages/agent/src/host/host.ts';
import { until } from '../support/until.ts';
import { anyText, wordsLike } from '../support/words-like.ts';
import { type HostRunOptions, makeHost } from './lab-host.ts';
import { labNeeded } from './lab-needed.ts';
import { hosts } from './names.ts';
import { openNamespaces } from './namespaces.ts';
import { layNetwork } from './network.ts';
import { ensureRootFileSystem } from './root-file-system.ts';

const unit: EtcdUnit = {
  binary: '/usr/bin/etcd',
  confFile: '/etc/etcd/conf.yml',
  logFile: '/var/log/etcd/etcd.log',
  consoleFile: '/var/log/etcd/etcd-console.log',
  owner: { user: 'etcd', group: 'etcd', uid: 1001, gid: 1001 },
  guard: { script: '/var/lib/picket/etcd-guard', dataRoot: '/var/lib/picket/etcd' },
};
const driverFile = '/usr/lib/openrc-driver.cjs';
const dataDir = '/var/lib/picket/etcd/life1';
const goodConf = `name: a
data-dir: ${dataDir}
listen-client-urls: http://127.0.0.1:2379
advertise-client-urls: http://127.0.0.1:2379
listen-peer-urls: http://127.0.0.1:2380
initial-advertise-peer-urls: http://127.0.0.1:2380
initial-cluster: a=http://127.0.0.1:2380
log-outputs: [${unit.logFile}]
`;
const badConf = goodConf.replace('listen-client-urls: http://127.0.0.1:2379', 'listen-client-urls: nonsense');

/** A board with the real OpenRC, and the driver on it; each call is another agent's. */
async function board(t: Test) {
  const folder = await mkdtemp(join(tmpdir(), 'picket-openrc-'));
  const namespaces = await openNamespaces();
  t.teardown(async () => {
    await namespaces.end();
    await rm(folder, { recursive: true, force: true });
  });
  const layer = join(folder, 'layer');
  await mkdir(layer);
  await build({
    entryPoints: [join(import.meta.dirname, 'openrc-driver-program.ts')],
    outfile: join(layer, driverFile),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    logLevel: 'warning',
  });
  await layNetwork(namespaces);
  const layers = [layer, await ensureRootFileSystem()];
  const host = await makeHost({ ...hosts[0], lab: namespaces, layers, folder });
  t.teardown(() => host.close());
  await host.boot();
  await host.must(`mkdir -p ${dataDir} /etc/etcd && chown etcd:etcd ${dataDir} && chmod 700 ${dataDir}`);
  const call = async <Answer>(method: string, argument?: unknown): Promise<Answer> => {
    const json = argument === undefined ? [] : [JSON.stringify(argument)];
    return JSON.parse(await host.must(['node', driverFile, method, ...json])) as Answer;
  };
  return {
    host,
    call,
    state: () => call<ServiceState>('state'),
    write: (path: string, text: string) => host.must(`cat > ${path}`, { input: text }),
    exists: async (path: string) => (await host.run(['test', '-e', path])).code === 0,
    serves: () =>
      until('etcd serves', async () => (await host.run('etcdctl endpoint health')).code === 0, { within: 60_000 }),
    /** Resolves to the state once it is of this kind. */
    becomes: <Kind extends ServiceState['kind']>(kind: Kind) => {
      let last: ServiceState | null = null;
      const look = async () => {
        last = await call<ServiceState>('state');
        return last.kind === kind && (last as Extract<ServiceState, { kind: Kind }>);
      };
      return until(`etcd is ${kind}`, look, { within: 60_000, lastSeen: () => JSON.stringify(last) });
    },
  };
}

t.test('the OpenRC driver and OpenRC itself', labNeeded, async (t) => {
  const { host, call, state, write, exists, serves, becomes } = await board(t);
  const driver = (method: string, options?: HostRunOptions) => host.run(['node', driverFile, method], options);
  const commands = async () => (await host.processes()).map(({ user, command }) => `${user} ${command}`);

  await t.test('what a package had put there is kept', async (t) => {
    t.strictSame(await state(), { kind: 'absent' });
    await write('/etc/init.d/etcd', '#!/sbin/openrc-run\n# of a package\n');
    await write('/etc/conf.d/etcd', 'ETCD_CONFIG_FILE="/etc/etcd/other.yml"\n');
    t.strictSame(await call('altered', unit), ['/etc/conf.d/etcd', unit.guard.script, '/etc/init.d/etcd']);
    t.equal(await call('install', unit), true);
    t.strictSame(await call('altered', unit), []);
    t.equal(await call('install', unit), false);
    t.strictSame(await state(), { kind: 'stopped', atBoot: false });
    t.match(await host.must('cat /var/lib/picket/replaced/etc-init.d-etcd'), '# of a package');
    t.match(await host.must('cat /var/lib/picket/replaced/etc-conf.d-etcd'), 'other.yml');
  });

  await t.test('R17: the service that an upgrade of apk leaves beside it is removed', async (t) => {
    await host.must('cp -p /etc/init.d/etcd /etc/init.d/etcd.apk-new && rc-service -e etcd.apk-new');
    await call('install', unit);
    t.not((await host.run('rc-service -e etcd.apk-new')).code, 0);
  });

  await t.test('without a conf.yml nothing is started, and it is said why', async (t) => {
    const { code, stderr } = await driver('start');
    t.equal(code, 1);
    const details = { binary: unit.binary, problem: anyText };
    t.match(stderr, wordsLike(reason('picket_error', { error: 'service_not_started', details })));
    t.match(stderr, /\/etc\/etcd\/conf\.yml does not exist yet/);
    t.strictSame(await state(), { kind: 'stopped', atBoot: true });
  });

  await t.test('R11: etcd runs as etcd under supervise-daemon, with nothing of the agent’s environment', async (t) => {
    await write(unit.confFile, goodConf);
    t.equal((await driver('start', { env: { PICKET_JOIN: 'secret' } })).code, 0);
    const { pid, restarts } = await becomes('running');
    t.equal(restarts, 0);
    await serves();
    const running = await commands();
    t.ok(running.includes('etcd /usr/bin/etcd --config-file=/etc/etcd/conf.yml'));
    t.equal(running.filter((command) => command.startsWith('root supervise-daemon etcd ')).length, 1);
    t.notMatch(await host.must(`cat /proc/${pid}/environ`), 'secret');
    t.match((await host.run('rc-service etcd status')).stdout, 'started');
    t.equal(await exists('/etc/runlevels/default/etcd'), true);
    await call('start');
    t.match(await state(), { kind: 'running', pid }, 'starting what runs changes nothing');
  });

  await t.test('a killed etcd is back without the agent, and it is counted', async (t) => {
    const { pid } = await becomes('running');
    await host.must(['kill', '-9', String(pid)]);
    await until('another etcd runs', async () => ((await becomes('running')).pid === pid ? null : true), {
      within: 30_000,
    });
    t.equal((await becomes('running')).restarts, 1);
    await serves();
  });

  await t.test('R2: what was edited or removed by hand is put back, beside the running etcd', async (t) => {
    const { pid } = await becomes('running');
    await host.must('echo "# mine" >> /etc/init.d/etcd; rm /etc/conf.d/etcd; rc-update del etcd default');
    t.strictSame(await call('altered', unit), ['/etc/conf.d/etcd', '/etc/init.d/etcd', '/etc/runlevels/default/etcd']);
    t.equal(await call('install', unit), true);
    t.strictSame(await call('altered', unit), []);
    await host.must('chmod -x /etc/init.d/etcd');
    t.strictSame(await call('altered', unit), ['/etc/init.d/etcd']);
    await call('install', unit);
    t.match(await state(), { kind: 'running', pid });
    t.match((await host.run('rc-service etcd status')).stdout, 'started');
  });

  await t.test('R10: a boot starts it without the agent', async (t) => {
    await host.powerOff();
    await host.boot();
    await serves();
    t.match(await state(), { kind: 'running', restarts: 0 });
    t.ok(await exists('/run/openrc/started/etcd'));
  });

  await t.test('an etcd whose supervisor was killed runs on, is never doubled, and is supervised again', async (t) => {
    const { pid } = await becomes('running');
    await host.must('kill -9 $(cat /run/supervise-etcd.pid)');
    const alone = async () => 'unsupervised' in (await becomes('running')) && state();
    t.strictSame(await until('its supervisor has ended', alone, { within: 60_000 }), {
      kind: 'running',
      pid,
      restarts: 0,
      unsupervised: true,
    });
    await call('start');
    t.match(await state(), { kind: 'running', pid });
    await host.must(['kill', '-9', String(pid)]);
    t.match(await becomes('crashed'), { how: 'its supervisor has ended as well' });
    await call('start');
    await serves();
    const { unsupervised } = await becomes('running');
    t.equal(unsupervised, undefined);
  });

  await t.test('an etcd that OpenRC was made to forget is seen, and stopped', async (t) => {
    const { pid } = await becomes('running');
    await host.must('rc-service etcd zap');
    t.match(await state(), { kind: 'running', pid });
    await call('stop', 10_000);
    t.strictSame(await state(), { kind: 'stopped', atBoot: false });
    t.notMatch((await commands()).join('\n'), /etcd/);
  });

  await t.test('a stop holds: nothing is left, and the next boot starts nothing', async (t) => {
    await call('start');
    await serves();
    await call('stop', 10_000);
    t.strictSame(await state(), { kind: 'stopped', atBoot: false });
    t.notMatch((await commands()).join('\n'), /etcd/);
    t.equal(await exists('/etc/runlevels/default/etcd'), false);
    await host.powerOff();
    await host.boot();
    t.strictSame(await state(), { kind: 'stopped', atBoot: false });
  });

  await t.test('R17: neither a boot nor a respawn starts an etcd of another minor version', async (t) => {
    const [binary, right, record] = [unit.binary, '/root/etcd-right', `${dataDir}.version`];
    const other =
      '#!/bin/sh\n[ "$1" = --version ] && echo "etcd Version: 3.60.4" && exit\ntouch /var/log/etcd/other-started\n';
    const replace = async () => {
      await write(`${binary}.new`, other);
      await host.must(`chmod 755 ${binary}.new && cp -a ${binary} ${right} && mv ${binary}.new ${binary}`);
    };
    const isHeldBack = () =>
      until('the guard waits', async () => 'guarding' in (await becomes('running')) || null, { within: 60_000 });
    const startsOnceBack = async () => {
      await host.must(`mv ${right} ${binary}`);
      await serves();
      t.equal(await exists('/var/log/etcd/other-started'), false, 'the other one was never started');
    };
    const minor = await host.must(`${binary} --version | sed -n 's/^etcd Version: \\([0-9]*\\.[0-9]*\\).*/\\1/p'`);
    await write(record, `${minor}\n\n`);
    await call('start');
    await serves();

    await replace();
    const { pid, restarts } = await becomes('running');
    await host.must(['kill', '-9', String(pid)]);
    await isHeldBack();
    t.equal((await becomes('running')).restarts, restarts + 1, 'it waits, and does not end again and again');
    // It runs before it has asked the binary for its version.
    const words = `is of version 3.60.4, and this member runs etcd ${minor}`;
    const isSaid = async () => (await call<string[]>('lastLog', 20)).join('\n').includes(words);
    await until('the guard says why it waits', isSaid, { within: 60_000 });
    await startsOnceBack();

    await replace();
    await host.powerOff();
    await host.boot();
    await isHeldBack();
    await startsOnceBack();

    await replace();
    await call('stop', 10_000);
    await call('start');
    await isHeldBack();
    await call('stop', 10_000);
    t.strictSame(await state(), { kind: 'stopped', atBoot: false }, 'a guard that waits can be stopped');
    t.notMatch((await commands()).join('\n'), /etcd-guard|supervise-daemon etcd/);
    await host.must(`mv ${right} ${binary} && rm ${record}`);
  });

  await t.test('one that is down is taken out of the boot too', async (t) => {
    await call('start');
    await serves();
    await host.must('rc-service etcd stop');
    t.strictSame(await state(), { kind: 'stopped', atBoot: true });
    await call('stop', 10_000);
    t.strictSame(await state(), { kind: 'stopped', atBoot: false });
  });

  await t.test('it is started and stopped where nothing that OpenRC says can be kept', async (t) => {
    await host.must('rm -rf /run/picket /var/lib/picket/run && touch /run/picket /var/lib/picket/run');
    await call('start');
    await serves();
    await call('stop', 10_000);
    t.strictSame(await state(), { kind: 'stopped', atBoot: false });
    // The `sleep` of a guard that was stopped while it waited goes on for up to 5 s.
    const nothingRuns = async () => !(await commands()).some((command) => command.includes('etcd'));
    await until('nothing of etcd runs', nothingRuns, { within: 60_000 });
    await host.must('rm /run/picket /var/lib/picket/run');
  });

  await t.test('an OpenRC that is starting it is waited for; one that was killed at that is not', async (t) => {
    await host.must(
      'cp /etc/conf.d/etcd /root/settings && mkfifo /run/hold && echo "read line < /run/hold" >> /etc/conf.d/etcd',
    );
    await host.must('rc-service etcd start > /dev/null 2>&1 &');
    await until('OpenRC is starting it', () => exists('/run/openrc/starting/etcd'), { within: 60_000 });
    await call('start');
    t.equal((await state()).kind, 'stopped');
    t.equal(await exists('/run/openrc/starting/etcd'), true);

    const atWork = async () => (await host.processes()).filter(({ command }) => command.includes('/etc/init.d/etcd'));
    t.ok((await atWork()).length > 0);
    await host.must(['kill', '-9', ...(await atWork()).map(({ pid }) => String(pid))]);
    await until('they are gone', async () => (await atWork()).length === 0, { within: 60_000 });
    t.equal(await exists('/run/openrc/starting/etcd'), true, 'its mark is left');
    await host.must('mv /root/settings /etc/conf.d/etcd && rm /run/hold');
    await call('start');
    await serves();
    t.match(await becomes('running'), { restarts: 0 });
    await call('stop', 10_000);
  });

  await t.test('by links in its log folder an etcd that was taken over gets nothing of root’s', async (t) => {
    await host.must('echo secret > /root/secret && chmod 600 /root/secret && mkdir -p /root/there');
    await host.must(`rm -f ${unit.consoleFile} && ln -s /root/secret ${unit.consoleFile}`);
    t.equal((await driver('start')).code, 1);
    t.equal(await host.must('stat -c "%U %a" /root/secret'), 'root 600');
    t.equal(await host.must('cat /root/secret'), 'secret');

    await host.must(`rm ${unit.consoleFile} && ln -s /root/there ${unit.consoleFile}.1`);
    await host.must(`head -c 1100000 /dev/zero > ${unit.consoleFile}`);
    await call('start');
    await serves();
    t.equal(await host.must('ls /root/there'), '');
    t.ok(Number(await host.must(`stat -c %s ${unit.consoleFile}`)) < 1_000_000, 'and a large console is started again');
    await call('stop', 10_000);
  });

  await t.test('an etcd that does not hear SIGTERM is killed after the grace that was asked for', async (t) => {
    await call('start');
    await serves();
    const { pid } = await becomes('running');
    await host.must(['kill', '-STOP', String(pid)]);
    await call('stop', 200);
    t.strictSame(await state(), { kind: 'stopped', atBoot: false });
    t.notMatch((await commands()).join('\n'), /etcd/);
  });

  await t.test('a crash loop: etcd crashed, and its last log lines say why', async (t) => {
    await write(unit.confFile, badConf);
    await call('start');
    // Just as it gives up, its supervisor has ended and not yet noted that it gives up.
    const isTold = async () =>
      /^its supervisor (?:has given up|is about to start it again)/.test((await becomes('crashed')).how);
    await until('its supervisor says what it does', isTold, { within: 60_000 });
    t.match((await call<string[]>('lastLog', 20)).join('\n'), /nonsense/);
    await call('stop', 10_000);
    t.strictSame(await state(), { kind: 'stopped', atBoot: false }, 'it is not brought back any more');
    t.notMatch((await commands()).join('\n'), /etcd/);
    await write(unit.confFile, goodConf);
    await call('start');
    await serves();
    t.match(await state(), { kind: 'running', restarts: 0 });
  });
});
