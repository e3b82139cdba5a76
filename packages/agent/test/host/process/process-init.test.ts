import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { minorOf } from '@picket/shared/etcd-version.ts';
import t, { type Test } from 'tap';
import { ensureEtcd } from '../../../../../test/support/etcd-binaries.ts';
import { until } from '../../../../../test/support/until.ts';
import { systemClock } from '../../../src/host/clock.ts';
import { hostFiles } from '../../../src/host/files/files.ts';
import type { EtcdUnit, InitSystem } from '../../../src/host/host.ts';
import { processInit } from '../../../src/host/process/process-init.ts';
import { findProcesses, identify } from '../../../src/host/process-table.ts';
import { fingerprintOf, writeVersionRecord } from '../../../src/host/version-record.ts';
import { refusal, temporaryFolder } from '../../support.ts';

const { etcd: binary, version } = await ensureEtcd();
const clock = systemClock();

interface Place {
  readonly folder: string;
  readonly unit: EtcdUnit;
  readonly recordPath: string;
  /** The driver of an agent; each call is another agent. */
  readonly agent: () => InitSystem;
}

function place(t: Test): Place {
  const folder = temporaryFolder(t);
  const confFile = join(folder, 'conf.yml');
  writeFileSync(confFile, confOf(folder));
  const log = join(folder, 'log');
  const unit = {
    ...{ binary, confFile, logFile: join(log, 'etcd.log'), consoleFile: join(log, 'console.log'), owner: null },
    guard: { script: join(folder, 'etcd-guard'), dataRoot: folder },
  };
  const runDir = join(folder, 'run');
  const agent = () => processInit({ files: hostFiles(), clock, runDir });
  t.teardown(async () => {
    for (const { pid } of await etcdsOf(unit)) process.kill(pid, 'SIGKILL');
  });
  return { folder, unit, recordPath: join(runDir, 'etcd.process.json'), agent };
}

function confOf(folder: string): string {
  return `name: a
data-dir: ${folder}/data
listen-client-urls: http://127.0.0.1:0
advertise-client-urls: http://127.0.0.1:0
listen-peer-urls: http://127.0.0.1:0
initial-advertise-peer-urls: http://127.0.0.1:0
initial-cluster: a=http://127.0.0.1:0
`;
}

function etcdsOf({ confFile }: EtcdUnit) {
  return findProcesses((argv) => argv.includes(`--config-file=${confFile}`) && argv[0] === binary);
}

async function started(place: Place): Promise<{ init: InitSystem; pid: number }> {
  const init = place.agent();
  await init.install(place.unit);
  await init.start();
  return { init, pid: await pidOf(init) };
}

async function pidOf(init: InitSystem): Promise<number> {
  const state = await init.state();
  if (state.kind !== 'running') throw new Error(`etcd is ${state.kind}.`);
  return state.pid;
}

async function killed(pid: number): Promise<void> {
  process.kill(pid, 'SIGKILL');
  await gone(pid);
}

async function gone(pid: number): Promise<void> {
  await until('the process has ended', async () => (await identify(pid)) === null, { every: 5 });
}

t.test('without a definition etcd is absent and cannot be started', async (t) => {
  const { agent } = place(t);
  t.strictSame(await agent().state(), { kind: 'absent' });
  t.equal((await refusal(agent().start())).code, 'service_not_installed');
});

t.test('install starts nothing, and returns whether it changed anything', async (t) => {
  const { agent, unit } = place(t);
  const init = agent();
  t.equal(await init.install(unit), true);
  t.equal(await init.install(unit), false);
  t.equal(await init.install({ ...unit, logFile: `${unit.logFile}2` }), true);
  t.strictSame(await init.state(), { kind: 'stopped' });
});

t.test('a started etcd runs until it is stopped, and is gone then', async (t) => {
  const here = place(t);
  const { init, pid } = await started(here);
  await init.stop(10_000);
  t.equal(await identify(pid), null);
  t.strictSame(await init.state(), { kind: 'stopped' });
});

t.test('starting what runs changes nothing', async (t) => {
  const { init, pid } = await started(place(t));
  await init.start();
  t.equal(await pidOf(init), pid);
});

t.test('R10: etcd has a session of its own and none of the agent’s environment', async (t) => {
  const { pid } = await started(place(t));
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const [session] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(3);
  t.equal(Number(session), pid);
  t.notMatch(readFileSync(`/proc/${pid}/environ`, 'utf8'), /HOME=/);
});

t.test('R10: an agent that dies leaves its etcd running, and the next one knows it', async (t) => {
  const here = place(t);
  const script = `
    const { processInit } = await import(${JSON.stringify(new URL('../../../src/host/process/process-init.ts', import.meta.url).href)});
    const { hostFiles } = await import(${JSON.stringify(new URL('../../../src/host/files/files.ts', import.meta.url).href)});
    const { systemClock } = await import(${JSON.stringify(new URL('../../../src/host/clock.ts', import.meta.url).href)});
    const init = processInit({ files: hostFiles(), clock: systemClock(), runDir: ${JSON.stringify(join(here.folder, 'run'))} });
    await init.install(${JSON.stringify(here.unit)});
    await init.start();
    console.log((await init.state()).pid);
    process.kill(process.pid, 'SIGKILL');`;
  const { stdout, signal } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  t.equal(signal, 'SIGKILL');
  t.strictSame(await here.agent().state(), { kind: 'running', pid: Number(stdout), restarts: 0 });
});

t.test('an agent killed before it recorded its etcd finds it again and starts no second one', async (t) => {
  const here = place(t);
  await here.agent().install(here.unit);
  const child = spawn(binary, [`--config-file=${here.unit.confFile}`], { stdio: 'ignore' });
  await once(child, 'spawn');
  const next = here.agent();
  await next.start();
  t.equal(await pidOf(next), child.pid);
  t.equal((await etcdsOf(here.unit)).length, 1);
});

t.test('agents that start at once start one etcd', async (t) => {
  const here = place(t);
  const agents = Array.from({ length: 8 }, here.agent);
  await agents[0]!.install(here.unit);
  await Promise.all(agents.map((init) => init.start()));
  t.equal((await etcdsOf(here.unit)).length, 1);
  t.equal(new Set(await Promise.all(agents.map(pidOf))).size, 1);
});

t.test('a recycled pid is not taken for etcd', async (t) => {
  const here = place(t);
  const { pid } = await started(here);
  await killed(pid);
  const record = JSON.parse(readFileSync(here.recordPath, 'utf8')) as object;
  writeFileSync(here.recordPath, JSON.stringify({ ...record, pid: process.pid }));
  t.match(await here.agent().state(), { kind: 'crashed' });
});

t.test('a kill is reported as a crash with its signal, and the restart is counted', async (t) => {
  const here = place(t);
  const { init, pid } = await started(here);
  await killed(pid);
  t.strictSame(await init.state(), { kind: 'crashed', restarts: 0, how: 'SIGKILL' });
  await init.start();
  t.match(await init.state(), { kind: 'running', restarts: 1 });
});

t.test('the end of an etcd that this agent started is reported, and then it is down', async (t) => {
  const { init, pid } = await started(place(t));
  let told = 0;
  init.onEnd?.(() => {
    told += 1;
  });
  await killed(pid);
  await until('it is reported', () => told === 1, { within: 10_000 });
  t.strictSame(await init.state(), { kind: 'crashed', restarts: 0, how: 'SIGKILL' });
});

t.test('an etcd that another agent started in place of this agent’s own is seen', async (t) => {
  const here = place(t);
  const { init, pid } = await started(here);
  await killed(pid);
  const next = here.agent();
  await next.start();
  t.equal(await pidOf(init), await pidOf(next));
});

t.test('how it ended is known to the next agent, after this one has observed again', async (t) => {
  const here = place(t);
  const { init, pid } = await started(here);
  await killed(pid);
  await init.state();
  await init.state();
  t.strictSame(await here.agent().state(), { kind: 'crashed', restarts: 0, how: 'SIGKILL' });
});

t.test('R4: on a disk that takes no writes, how it ended is still reported, again and again', async (t) => {
  const here = place(t);
  const files = hostFiles();
  const init = processInit({ files, clock, runDir: join(here.folder, 'run') });
  await init.install(here.unit);
  await init.start();
  const pid = await pidOf(init);
  const { writeWhole } = files;
  files.writeWhole = () => Promise.reject(new Error('EROFS'));
  await killed(pid);
  const crashed = { kind: 'crashed', restarts: 0, how: 'SIGKILL' };
  for (let look = 0; look < 3; look += 1) t.strictSame(await init.state(), crashed);
  files.writeWhole = writeWhole;
  t.strictSame(await init.state(), crashed);
  t.strictSame(await here.agent().state(), crashed, 'it is recorded once that is possible');
});

t.test('an etcd that ended while no agent watched ended in an unknown way', async (t) => {
  const here = place(t);
  const { pid } = await started(here);
  await killed(pid);
  t.strictSame(await here.agent().state(), { kind: 'crashed', restarts: 0, how: 'unknown' });
});

t.test('an etcd that refuses its configuration is reported with its exit status and its last words', async (t) => {
  const here = place(t);
  writeFileSync(here.unit.confFile, 'heartbeat-interval: 5s\n');
  const init = here.agent();
  await init.install(here.unit);
  await init.start();
  const ended = async () => {
    const state = await init.state();
    return state.kind !== 'running' && state;
  };
  t.strictSame(await until('it has ended', ended, { every: 5 }), {
    kind: 'crashed',
    restarts: 0,
    how: 'exit status 1',
  });
  t.match((await init.lastLog(5)).join('\n'), /error/);
});

t.test('an agent that dies while etcd stops does not make a crash of it', async (t) => {
  const here = place(t);
  const { pid } = await started(here);
  const record = JSON.parse(readFileSync(here.recordPath, 'utf8')) as object;
  writeFileSync(here.recordPath, JSON.stringify({ ...record, stopAsked: true }));
  await killed(pid);
  t.strictSame(await here.agent().state(), { kind: 'stopped' });
});

t.test('a machine that was switched off has a stopped etcd, not a crashed one', async (t) => {
  const here = place(t);
  const { pid } = await started(here);
  await killed(pid);
  const record = JSON.parse(readFileSync(here.recordPath, 'utf8')) as object;
  writeFileSync(here.recordPath, JSON.stringify({ ...record, bootId: 'another' }));
  t.strictSame(await here.agent().state(), { kind: 'stopped' });
});

t.test('a record cut short by a power cut does not hide the running etcd', async (t) => {
  const here = place(t);
  const { pid } = await started(here);
  writeFileSync(here.recordPath, '');
  t.equal(await pidOf(here.agent()), pid);
});

t.test('a process that ignores SIGTERM is killed after its grace', async (t) => {
  const here = place(t);
  const { init, pid } = await started(here);
  process.kill(pid, 'SIGSTOP');
  await init.stop(50);
  t.equal(await identify(pid), null);
});

t.test('stopping a service that does not run is fine', async (t) => {
  const { agent, unit } = place(t);
  const init = agent();
  await init.install(unit);
  await init.stop(1000);
  t.strictSame(await init.state(), { kind: 'stopped' });
});

t.test('a missing binary is named', async (t) => {
  const { agent, unit, folder } = place(t);
  const init = agent();
  await init.install({ ...unit, binary: join(folder, 'etcd') });
  t.strictSame(await refusal(init.start()), {
    code: 'service_not_started',
    facts: { binary: `${folder}/etcd`, problem: 'the file does not exist' },
  });
});

t.test('R17 an etcd of another minor version is not started, and the right one is', async (t) => {
  const here = place(t);
  const { agent, unit, folder } = here;
  const etcd = join(folder, 'etcd');
  const init = agent();
  await init.install({ ...unit, binary: etcd });
  // The incarnation that this conf.yml names is `data`.
  await writeVersionRecord(hostFiles(), folder, 'data', { minor: minorOf(version), fingerprint: null });
  writeFileSync(etcd, '#!/bin/sh\necho "etcd Version: 3.60.4"\n', { mode: 0o755 });
  t.strictSame(await refusal(init.start()), {
    code: 'etcd_held_back',
    facts: { binary: etcd, version: '3.60.4', minor: minorOf(version) },
  });
  rmSync(etcd);
  symlinkSync(binary, etcd);
  await init.start();
  t.match(await init.state(), { kind: 'running' });
  await init.stop(10_000);
});

t.test('R17 a known binary that was replaced since then is asked again', async (t) => {
  const { agent, unit, folder } = place(t);
  const etcd = join(folder, 'etcd');
  const init = agent();
  await init.install({ ...unit, binary: etcd });
  symlinkSync(binary, etcd);
  const fingerprint = await fingerprintOf(etcd);
  await writeVersionRecord(hostFiles(), folder, 'data', { minor: minorOf(version), fingerprint });
  rmSync(etcd);
  writeFileSync(etcd, '#!/bin/sh\necho "etcd Version: 3.60.4"\n', { mode: 0o755 });
  t.equal((await refusal(init.start())).code, 'etcd_held_back');
});

t.test('a panic is reported by its words, not by its stack trace', async (t) => {
  const { agent, unit } = place(t);
  const init = agent();
  await init.install(unit);
  await hostFiles().ensureFolder(join(unit.logFile, '..'), 0o755, null);
  const words = ['{"level":"panic","msg":"no space left on device"}', 'panic: no space left on device'];
  const trace = ['', 'goroutine 1 [running]:', 'main.main()', '\t/main.go:31 +0x28'];
  writeFileSync(unit.logFile, [...words, ...trace, '{"level":"info"}', ...words, ...trace, ''].join('\n'));
  t.strictSame(await init.lastLog(4), [words[1], '{"level":"info"}', ...words]);
});

t.test('a console that cannot be written is reported as such, and nothing is started', async (t) => {
  const here = place(t);
  const init = here.agent();
  await hostFiles().ensureFolder(here.unit.consoleFile, 0o755, null);
  await init.install(here.unit);
  t.strictSame(await refusal(init.start()), {
    code: 'path_not_writable',
    facts: {
      path: here.unit.consoleFile,
      problem: 'there is a folder where a file belongs, or a file where a folder belongs',
      remedy: 'Move it away.',
    },
  });
  t.strictSame(await etcdsOf(here.unit), []);
});

t.test('the last log lines are the newest, oldest first', async (t) => {
  const { agent, unit } = place(t);
  const init = agent();
  await init.install(unit);
  t.strictSame(await init.lastLog(2), []);
  await hostFiles().ensureFolder(join(unit.logFile, '..'), 0o755, null);
  writeFileSync(unit.logFile, `${'x'.repeat(100_000)}\none\ntwo\nthree\n`);
  t.strictSame(await init.lastLog(2), ['two', 'three']);
});
