import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type Agent, openAgent } from '../../src/loop/agent.ts';
import { run } from '../../src/loop/run.ts';
import type { Log } from '../../src/program/log.ts';
import type { TestMachine } from '../machine.ts';
import { idle, passing, running } from '../running-agent.ts';

const day = 86_400_000;
const wrongTimes = { 'at 1970': 0, 'at 2035': Date.parse('2035-06-01T00:00:00Z') };

/** This clock is set, and the coordinator's runs on. */
function setClock({ clock, coordinator }: TestMachine, to: number): void {
  coordinator.aheadMs += clock.wall - to;
  clock.wall = to;
}

function setRight(machine: TestMachine): void {
  setClock(machine, machine.coordinator.now());
}

/** The machine was built as a present agent would be, and etcd makes its log when it starts. */
function ready(machine: TestMachine): void {
  Object.assign(machine.deps, { buildTime: machine.clock.wall - 300 * day });
  machine.init.onStart = () => {
    const wal = join(machine.paths.dataRoot, 'incarnation1/member/wal');
    mkdirSync(wal, { recursive: true });
    writeFileSync(join(wal, '0000000000000000-0000000000000000.wal'), '');
  };
  machine.coordinator.offer(machine.desired());
}

const waitsOf = ({ coordinator }: TestMachine) => coordinator.status?.agent.waits ?? [];
const waitsForClock = (machine: TestMachine) => waitsOf(machine).some(({ code }) => code === 'time_sync');
const isApplied = ({ journal }: Agent) => journal.current().generationApplied === 7;

function keptLog(machine: TestMachine): string[] {
  const lines: string[] = [];
  const keep = (_facts: object, line: string) => void lines.push(line);
  const log: Log = { ...machine.deps.log, info: keep, warn: keep, error: keep };
  Object.assign(machine.deps, { log });
  return lines;
}

for (const [when, wrong] of Object.entries(wrongTimes)) {
  t.test(`R14: ${when} a blank node waits, reports it everywhere, and continues once the clock is right`, async (t) => {
    let log: string[] = [];
    const { machine, agent } = await running(t, (machine) => {
      ready(machine);
      log = keptLog(machine);
      setClock(machine, wrong);
    });
    const { coordinator } = machine;
    const year = new Date(wrong).getUTCFullYear();
    await passing(t, machine, 120_000, 'it is reported', () => waitsForClock(machine));
    const wait = waitsOf(machine).find(({ code }) => code === 'time_sync');
    t.match(wait, { facts: { why: { facts: { now: new RegExp(`^${year}-`) } } } });
    t.match(coordinator.status, {
      agent: { startedAt: new RegExp(`^${new Date(coordinator.now()).toISOString().slice(0, 10)}`) },
      etcd: null,
      certificates: [],
    });
    t.equal(
      log.filter((line) => line.startsWith('waiting for ') && line.includes(` ${year}-`)).length,
      1,
      log.join('\n'),
    );
    t.strictSame([coordinator.certificates, machine.init.acts], [0, []]);
    t.notOk(existsSync(machine.paths.etcDir), 'nothing is written');
    t.equal(agent.journal.current().clockFloor, 0);

    setRight(machine);
    await passing(t, machine, 10_000, 'it continues', () => isApplied(agent));
    await passing(t, machine, 10_000, 'it is reported', () => coordinator.status?.agent.generationApplied === 7);
    t.strictSame(waitsOf(machine), []);
    t.ok(log.includes('the clock is trusted again'));
  });

  t.test(`R14, R10: ${when} a member keeps running and renews nothing, whatever its certificates say`, async (t) => {
    const { machine, agent } = await member(t);
    const { coordinator, init, paths } = machine;
    const read = () =>
      ['server', 'peer', 'client'].map((name) => readFileSync(join(paths.etcDir, `${name}.pem`), 'utf8'));
    const before = read();
    setClock(machine, wrong);
    const next = await restarted(t, machine);
    await passing(t, machine, 120_000, 'it is reported', () => waitsForClock(machine));
    init.service = { kind: 'crashed', restarts: 0, how: 'SIGKILL' };
    await passing(t, machine, 10_000, 'an etcd that died is started', () => init.acts.length === 2);
    t.notMatch(JSON.stringify(waitsOf(machine)), 'certificate');
    t.strictSame([coordinator.certificates, read()], [4, before]);
    t.equal(next.journal.current().clockFloor, agent.journal.current().clockFloor);
    setRight(machine);
    await passing(t, machine, 70_000, 'it no longer waits', () => waitsOf(machine).length === 0);
    t.strictSame(init.acts, ['start', 'start']);
  });
}

t.test('R14: a clock that jumps back and forth moves neither etcd nor a certificate nor the stored time', async (t) => {
  const { machine, agent } = await member(t);
  const { coordinator, init, paths } = machine;
  const read = () => readFileSync(join(paths.etcDir, 'server.pem'), 'utf8');
  const before = read();
  for (const time of [...Object.values(wrongTimes), Object.values(wrongTimes)[0] ?? 0]) {
    setClock(machine, time);
    await passing(t, machine, 120_000, 'it is reported', () => waitsForClock(machine));
    setRight(machine);
    await passing(t, machine, 70_000, 'it no longer waits', () => waitsOf(machine).length === 0);
  }
  t.strictSame([init.acts, coordinator.certificates, read()], [['start'], 4, before]);
  t.ok(agent.journal.current().clockFloor <= coordinator.now());
  t.ok(agent.journal.current().clockFloor > coordinator.now() - day);
});

t.test('R14: an expired coordinator gets no report, and none of its answers counts', async (t) => {
  const { machine, agent } = await member(t);
  const { coordinator } = machine;
  coordinator.ended = true;
  const next = await restarted(t, machine);
  const { length } = coordinator.reports;
  const end = machine.clock.up + 120_000;
  await passing(t, machine, 130_000, 'two minutes go by', () => machine.clock.up >= end);
  t.equal(coordinator.reports.length, length);
  t.equal(next.journal.current().clockFloor, agent.journal.current().clockFloor);
  coordinator.ended = false;
  await passing(t, machine, 70_000, 'it is reported again', () => coordinator.reports.length > length);
});

/** A machine whose agent has applied everything; another may take its place. */
async function member(t: Test): Promise<{ machine: TestMachine; agent: Agent }> {
  const { machine, agent, stop } = await running(t, ready);
  stops.set(machine, stop);
  await passing(t, machine, 10_000, 'carried out', () => isApplied(agent));
  const { coordinator } = machine;
  await passing(t, machine, 20_000, 'told', () => coordinator.status?.agent.generationApplied === 7);
  await passing(t, machine, 20_000, 'the time is recorded', () => agent.journal.current().clockFloor > 0);
  return { machine, agent };
}

const stops = new WeakMap<TestMachine, () => Promise<void>>();

async function restarted(t: Test, machine: TestMachine): Promise<Agent> {
  await stops.get(machine)?.();
  const agent = await openAgent(machine.deps);
  const stopping = new AbortController();
  const ended = run(agent, stopping.signal);
  t.teardown(async () => {
    stopping.abort();
    await ended;
  });
  await idle(machine);
  return agent;
}
