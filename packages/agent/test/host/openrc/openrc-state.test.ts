import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { judgeOpenrc, type Processes, readOpenrc } from '../../../src/host/openrc/openrc-state.ts';
import { temporaryFolder } from '../../support.ts';

const started = { 'started/etcd': '-> /etc/init.d/etcd' };

/** The files of OpenRC 0.56 for a running service, except the place of the pid file. */
const options = {
  'options/etcd/argc': '5',
  'options/etcd/argv_0': '/bin/sh',
  'options/etcd/argv_1': '/var/lib/picket/etcd-guard',
  'options/etcd/argv_2': '/var/lib/picket/etcd',
  'options/etcd/argv_3': '/usr/bin/etcd',
  'options/etcd/argv_4': '--config-file=/etc/etcd/conf.yml',
  'options/etcd/child_pid': '210',
  'options/etcd/exec': '/usr/bin/etcd',
  'options/etcd/respawn_delay': '0',
  'options/etcd/respawn_max': '10',
  'options/etcd/respawn_period': '60',
  'options/etcd/retry': 'TERM/120/KILL/10',
  'options/etcd/start_count': '2',
  'options/etcd/start_time': '2026-11-24 17:55:01',
  'daemons/etcd/001':
    'exec=/usr/bin/etcd\nargv_0=/usr/bin/etcd\nargv_1=--config-file=/etc/etcd/conf.yml\npidfile=/var/run/supervise-etcd.pid\n',
  'supervise-etcd.pid': '209\n',
};

const etcd = ['/usr/bin/etcd', '--config-file=/etc/etcd/conf.yml'];
const guarded = ['/bin/sh', '/var/lib/picket/etcd-guard', '/var/lib/picket/etcd', ...etcd];
const supervisor = ['supervise-daemon', 'etcd', '--start', '--user', 'etcd', '/usr/bin/etcd', '--', etcd[1] as string];

/** A machine with these files below /run/openrc and these processes. */
function machine(t: Test, files: Readonly<Record<string, string>>, running: Readonly<Record<number, string[]>>) {
  const folder = temporaryFolder(t);
  const all = {
    ...files,
    ...('supervise-etcd.pid' in files ? { 'options/etcd/pidfile': join(folder, 'supervise-etcd.pid') } : {}),
  };
  for (const [name, content] of Object.entries(all)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    if (content.startsWith('-> ')) symlinkSync(content.slice(3), join(folder, name));
    else writeFileSync(join(folder, name), content);
  }
  const processes: Processes = {
    identify: async (pid) => (running[pid] === undefined ? null : { pid, startTicks: pid * 10 }),
    argumentsOf: async (pid) => running[pid] ?? [],
  };
  return { folder, read: () => readOpenrc(folder, processes) };
}

t.test('a running service, with everything that is known of it', async (t) => {
  const { read } = machine(t, { ...started, ...options }, { 209: supervisor, 210: etcd });
  const facts = await read();
  t.strictSame(facts, {
    marks: new Set(['started']),
    supervisor: { pid: 209, startTicks: 2090 },
    child: { pid: 210, startTicks: 2100 },
    guarding: false,
    childPid: 210,
    argv: guarded,
    startCount: 2,
  });
  t.strictSame(judgeOpenrc(facts, null, 2, true, false), { kind: 'running', pid: 210, restarts: 2 });
});

t.test('a machine on which OpenRC does not know the service', async (t) => {
  const facts = await machine(t, {}, {}).read();
  t.strictSame(judgeOpenrc(facts, null, 0, false, false), { kind: 'absent' });
  t.strictSame(judgeOpenrc(facts, null, 0, true, false), { kind: 'stopped', atBoot: false });
  t.strictSame(judgeOpenrc(facts, null, 0, true, true), { kind: 'stopped', atBoot: true });
});

t.test('a child that has not become etcd yet counts as running', async (t) => {
  const facts = await machine(t, { ...started, ...options }, { 209: supervisor, 210: supervisor }).read();
  t.equal(judgeOpenrc(facts, null, 0, true, false).kind, 'running');
});

t.test('R17 the guard is not taken for etcd', async (t) => {
  const facts = await machine(t, { ...started, ...options }, { 209: supervisor, 210: guarded }).read();
  t.strictSame(judgeOpenrc(facts, null, 0, true, false), { kind: 'running', pid: 210, restarts: 0, guarding: true });
});

t.test('a supervisor that has started nothing yet is no crash', async (t) => {
  const { 'options/etcd/child_pid': _, ...before } = options;
  const facts = await machine(t, { ...started, ...before }, { 209: supervisor }).read();
  t.strictSame(judgeOpenrc(facts, null, 0, true, false), { kind: 'running', pid: 209, restarts: 0 });
});

t.test('between a crash and the next start, its supervisor restarts it', async (t) => {
  const facts = await machine(t, { ...started, ...options }, { 209: supervisor }).read();
  t.strictSame(judgeOpenrc(facts, null, 3, true, false), {
    kind: 'crashed',
    restarts: 3,
    how: 'its supervisor is about to start it again',
  });
});

t.test('a supervisor that was killed: etcd still runs, and nothing would restart it', async (t) => {
  const facts = await machine(t, { ...started, ...options }, { 210: etcd }).read();
  t.strictSame(judgeOpenrc(facts, null, 0, true, false), {
    kind: 'running',
    pid: 210,
    restarts: 0,
    unsupervised: true,
  });
});

t.test('pids that other programs have since then are not taken for it', async (t) => {
  const facts = await machine(t, { ...started, ...options }, { 209: ['/usr/sbin/chronyd'], 210: ['/bin/sh'] }).read();
  t.strictSame(judgeOpenrc(facts, null, 1, true, false), {
    kind: 'crashed',
    restarts: 1,
    how: 'its supervisor has ended as well',
  });
});

t.test('a supervisor that has given up leaves one mark and nothing else', async (t) => {
  const facts = await machine(t, { 'failed/etcd': '-> /etc/init.d/etcd' }, {}).read();
  t.match(judgeOpenrc(facts, null, 10, true, false), { kind: 'crashed', restarts: 10, how: /has given up/ });
});

t.test('a service that is being stopped has not crashed', async (t) => {
  const stopping = { 'stopping/etcd': '-> /etc/init.d/etcd' };
  const facts = await machine(t, { ...stopping, ...options }, { 209: supervisor }).read();
  t.strictSame(judgeOpenrc(facts, null, 0, true, false), { kind: 'stopped', atBoot: false });
});

t.test('an etcd that OpenRC was made to forget still runs', async (t) => {
  const facts = await machine(t, {}, {}).read();
  const stray = { pid: 210, startTicks: 1 };
  t.strictSame(judgeOpenrc(facts, stray, 0, true, false), {
    kind: 'running',
    pid: 210,
    restarts: 0,
    unsupervised: true,
  });
});

t.test('files that disappear during the reading count as missing', async (t) => {
  const { folder, read } = machine(t, { ...started, ...options }, { 209: supervisor, 210: etcd });
  rmSync(join(folder, 'options/etcd/argv_4'));
  rmSync(join(folder, 'supervise-etcd.pid'));
  t.match(await read(), { supervisor: null, child: null, argv: [...guarded.slice(0, -1), ''] });
});
