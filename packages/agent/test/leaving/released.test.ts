import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { MemberState } from '@picket/shared/protocol/desired-state.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t, { type Test } from 'tap';
import { until } from '../../../../test/support/until.ts';
import { fetchDesiredState } from '../../src/coordinator/poll.ts';
import { readLeftRecord } from '../../src/leaving/left-record.ts';
import { type Agent, openAgent } from '../../src/loop/agent.ts';
import { isFree } from '../../src/loop/departure.ts';
import { type Outcome, reconcileOnce } from '../../src/loop/reconcile-once.ts';
import type { AgentFailpoint } from '../../src/program/failpoints.ts';
import { Killed, type TestMachine, testMachine } from '../machine.ts';
import { kinds } from '../reconcile/samples.ts';
import { passing, running } from '../running-agent.ts';
import { failedWith } from '../support.ts';

const ownIncarnation = 'incarnation1';
const letGo: Partial<MemberState> = { etcd: null, certificates: [], letGo: true, generation: 8 };

/** A machine whose etcd runs, with data in its data directory. */
async function member(t: Test): Promise<{ machine: TestMachine; agent: Agent }> {
  const machine = await testMachine(t);
  machine.init.onStart = () => writeData(machine);
  machine.coordinator.offer(machine.desired({ endpoints: ['https://192.168.7.11:2379'] }));
  return { machine, agent: await worked(machine) };
}

function writeData({ paths }: TestMachine): void {
  const wal = join(paths.dataRoot, ownIncarnation, 'member/wal');
  mkdirSync(wal, { recursive: true });
  writeFileSync(join(wal, '0000000000000000-0000000000000000.wal'), 'data');
}

async function worked(machine: TestMachine): Promise<Agent> {
  const agent = await openAgent(machine.deps);
  await fetchDesiredState(agent, 0);
  await reconcileOnce(agent);
  return agent;
}

async function next(agent: Agent): Promise<Outcome> {
  await fetchDesiredState(agent, 0);
  return reconcileOnce(agent);
}

const waits = ({ status }: Outcome) => status.agent.waits;

t.test('R4: a released member stops etcd, keeps its data apart, and leaves no file of etcd', async (t) => {
  const { machine, agent } = await member(t);
  const { paths, init, coordinator } = machine;
  coordinator.offer(machine.desired({ ...letGo, retired: [ownIncarnation] }));
  const outcome = await next(agent);
  t.same(kinds(outcome.applied.done), ['stop-etcd', 'remove-files', 'put-data-away']);
  t.equal(outcome.complete, true, JSON.stringify(waits(outcome)));
  t.equal(init.service.kind, 'stopped');
  t.same(readdirSync(paths.etcDir), []);
  t.equal(existsSync(paths.profile), false);
  t.equal(existsSync(join(paths.stateDir, 'etcd-admin.pem')), false);
  t.same(readdirSync(paths.dataRoot), []);
  const kept = join(paths.stateDir, 'former', ownIncarnation, 'member/wal/0000000000000000-0000000000000000.wal');
  t.equal(readFileSync(kept, 'utf8'), 'data');
  const { data } = await readLeftRecord(machine.deps.host.files, paths.stateDir);
  t.match(data, [{ incarnation: ownIncarnation, cluster: 'x-k3s', member: 'x-k3s-m-1' }]);
  t.same(kinds((await next(agent)).plan.steps), [], 'nothing is left to do');
  t.match(outcome.status.service, { incarnation: null, state: 'stopped' });
});

t.test('R16: a release that does not name the incarnation as over touches nothing', async (t) => {
  const { machine, agent } = await member(t);
  machine.coordinator.offer(machine.desired({ ...letGo, retired: ['another'] }));
  const outcome = await next(agent);
  t.same(kinds(outcome.applied.done), []);
  t.equal(machine.init.service.kind, 'running');
  t.ok(existsSync(join(machine.paths.etcDir, 'conf.yml')));
  t.equal(outcome.complete, false);
  t.strictSame(waits(outcome), [reason('incarnation_goes_on', { incarnation: ownIncarnation, isDown: false })]);
});

t.test('R13: a release does not touch an etcd or files of others', async (t) => {
  const machine = await testMachine(t);
  const { paths, init, coordinator } = machine;
  const conf = join(paths.etcDir, 'conf.yml');
  const theirs = [conf, join(paths.etcDir, 'server.pem'), paths.profile];
  for (const path of theirs) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, "name: theirs\ninitial-cluster: 'theirs=https://192.168.7.9:2380'\n");
  }
  coordinator.offer(machine.desired({ ...letGo }));
  const agent = await worked(machine);
  t.ok(theirs.every((path) => existsSync(path)));
  init.service = { kind: 'running', pid: 7, restarts: 0 };
  const outcome = await reconcileOnce(agent);
  t.strictSame([init.acts, waits(outcome)], [[], [reason('unknown_etcd_runs')]]);
});

t.test('R4, R9: an agent that dies at any step of its departure does the rest when it is back', async (t) => {
  for (const failpoint of ['leave.after-files', 'leave.after-record', 'leave.after-move'] satisfies AgentFailpoint[]) {
    const { machine, agent } = await member(t);
    const { paths, deadly, coordinator } = machine;
    coordinator.offer(machine.desired({ ...letGo, retired: [ownIncarnation] }));
    deadly.add(failpoint);
    await fetchDesiredState(agent, 0);
    const { applied } = await reconcileOnce(agent);
    t.ok(applied.failed?.error instanceof Killed, failpoint);
    deadly.clear();
    const outcome = await reconcileOnce(await openAgent(machine.deps));
    t.equal(outcome.complete, true, JSON.stringify(waits(outcome)));
    t.same(readdirSync(paths.dataRoot), []);
    t.ok(existsSync(join(paths.stateDir, 'former', ownIncarnation)));
    t.equal((await readLeftRecord(machine.deps.host.files, paths.stateDir)).data.length, 1);
  }
});

t.test('R4: an etcd that somebody started again meanwhile keeps its files and its data', async (t) => {
  const { machine, agent } = await member(t);
  const { init, coordinator, paths } = machine;
  coordinator.offer(machine.desired({ ...letGo, retired: [ownIncarnation] }));
  init.stop = async () => {};
  const outcome = await next(agent);
  t.match(outcome.applied.failed?.step, { kind: 'remove-files' });
  t.match(waits(outcome), [failedWith('step_impossible', { step: 'remove-files', problem: 'etcd runs again' })]);
  t.ok(existsSync(join(paths.dataRoot, ownIncarnation)));
  t.ok(existsSync(join(paths.etcDir, 'server.pem')));
});

t.test('R16: an eviction alone does not free a machine with an etcd', async (t) => {
  const { machine, agent } = await member(t);
  const { coordinator, paths } = machine;
  coordinator.offer(machine.desired({ generation: 8 }));
  await next(agent);
  agent.memory.remember({ kind: 'evicted' });
  t.equal(isFree(agent), false, 'it was not released');
  coordinator.offer(machine.desired({ ...letGo, generation: 9, retired: [ownIncarnation] }));
  await fetchDesiredState(agent, 0);
  agent.memory.remember({ kind: 'evicted' });
  t.equal(isFree(agent), false, 'it has not carried the release out');
  await reconcileOnce(agent);
  t.equal(isFree(agent), true);
  t.ok(existsSync(join(paths.stateDir, 'former', ownIncarnation)));
});

t.test('R16: an eviction that the coordinator no longer knows of frees nothing', async (t) => {
  const { machine, agent } = await member(t);
  const { coordinator } = machine;
  agent.memory.remember({ kind: 'evicted' });
  coordinator.offer(machine.desired({ ...letGo, generation: 9, retired: [ownIncarnation] }));
  await next(agent);
  t.equal(isFree(agent), false, 'the coordinator has not recorded that it is let go');
});

t.test('a running agent ends as free once it is released and evicted, and goes on if it is only evicted', async (t) => {
  const { machine, ended } = await running(t, ({ coordinator, desired, init }) => {
    init.onStart = () => {};
    coordinator.offer(desired());
  });
  const { coordinator, init, clock } = machine;
  let end: string | null = null;
  void ended.then((how) => {
    end = how;
  });
  await passing(t, machine, 5000, 'it runs', () => init.service.kind === 'running');
  coordinator.offer(machine.desired({ ...letGo, retired: [ownIncarnation] }));
  await passing(t, machine, 20_000, 'it has said so', () => coordinator.status?.agent.generationApplied === 8);
  coordinator.evicted = true;
  const hasEnded = () => {
    if (end === null) clock.advance(1000);
    return end;
  };
  t.equal(await until('it has ended', hasEnded, { every: 0 }), 'free');
  t.same(init.acts, ['start', 'stop']);
});

t.test('R4: no data directory is made for an incarnation that has ended on this machine', async (t) => {
  const machine = await testMachine(t);
  const { paths, coordinator, init } = machine;
  mkdirSync(join(paths.stateDir, 'former'));
  writeFileSync(
    join(paths.stateDir, 'former/left.json'),
    JSON.stringify({ left: null, data: [], incarnations: [ownIncarnation] }),
  );
  coordinator.offer(machine.desired());
  const agent = await openAgent(machine.deps);
  await fetchDesiredState(agent, 0);
  const outcome = await reconcileOnce(agent);
  t.match(waits(outcome), [failedWith('data_dir_refused', { problem: 'this incarnation has ended here before' })]);
  t.equal(init.service.kind, 'stopped');
});
