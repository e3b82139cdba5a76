import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from '@picket/shared/etcd-config/parse.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t, { type Test } from 'tap';
import { fetchDesiredState } from '../../src/coordinator/poll.ts';
import { type Agent, openAgent } from '../../src/loop/agent.ts';
import { reconcileOnce } from '../../src/loop/reconcile-once.ts';
import { type TestMachine, testMachine } from '../machine.ts';
import { listed, report } from '../reconcile/samples.ts';
import { lives, type TestNode } from './lives.ts';

const permit = { id: 'permit000001', act: 'restart', validForSeconds: 90 } as const;
const ownIncarnation = 'incarnation1';

interface Node extends TestNode {
  readonly recordPath: string;
}

const wanted = (machine: TestMachine, heartbeat = 500, minor = '3.5') => ({
  ...machine.etcdWanted(ownIncarnation, heartbeat),
  minor,
});

/** A node that is as desired in everything; it runs etcd 3.5.16. */
async function settled(t: Test, prepare: (machine: TestMachine) => void = () => {}): Promise<Node> {
  const machine = await testMachine(t);
  machine.init.onStart = () =>
    mkdirSync(join(machine.paths.dataRoot, ownIncarnation, 'member/wal'), { recursive: true });
  machine.etcd.members = [listed('a1'), listed('b2'), listed('c3')];
  prepare(machine);
  machine.coordinator.offer(machine.desired({ etcd: wanted(machine) }));
  const agent = await openAgent(machine.deps);
  await fetchDesiredState(agent, 0);
  await reconcileOnce(agent);
  writeFileSync(join(machine.paths.dataRoot, ownIncarnation, 'member/wal/0000000000000000-0000000000000000.wal'), '');
  await reconcileOnce(agent);
  return { machine, agent, recordPath: join(machine.paths.dataRoot, `${ownIncarnation}.version`) };
}

function replaceBinary({ machine }: Node, version: string): void {
  Object.assign(machine.installed, { version, fingerprint: `of ${version}` });
}

function etcdEnds({ machine }: Node): void {
  machine.init.service = { kind: 'crashed', restarts: 1, how: 'SIGKILL' };
  machine.etcd.answer = null;
}

function heartbeatOf({ machine }: Node): number {
  return parse(readFileSync(join(machine.paths.etcDir, 'conf.yml'), 'utf8')).heartbeatIntervalMs;
}

t.test('R17 before the data directory of a new incarnation exists, its version is recorded', async (t) => {
  const machine = await testMachine(t);
  machine.coordinator.offer(machine.desired({ etcd: wanted(machine) }));
  machine.deadly.add('data-dir.after-intent');
  const agent = await openAgent(machine.deps);
  await fetchDesiredState(agent, 0);
  await reconcileOnce(agent);
  t.equal(readFileSync(join(machine.paths.dataRoot, `${ownIncarnation}.version`), 'utf8'), '3.5\n1:2:3:4:5\n');
  t.notOk(existsSync(join(machine.paths.dataRoot, ownIncarnation)));
});

t.test('R17 the first observation after the update records what runs, and not what is installed', async (t) => {
  const node = await settled(t);
  rmSync(node.recordPath);
  replaceBinary(node, '3.6.4');
  await reconcileOnce(node.agent);
  t.equal(readFileSync(node.recordPath, 'utf8'), '3.5\n\n');
});

const versions = { minor: '3.5', installed: '3.6.4', remedy: 'install etcd 3.5', upgrade: 'package:3.6' };

t.test('R17 a record that cannot be written is reported', async (t) => {
  const node = await settled(t);
  rmSync(node.recordPath);
  node.machine.noRoomFor.add(`${ownIncarnation}.version`);
  const { status } = await reconcileOnce(node.agent);
  const details = { path: node.recordPath };
  t.match(status.agent.waits, [
    { code: 'not_noted', facts: { why: { code: 'picket_error', facts: { error: 'disk_full', details } } } },
  ]);
});

t.test(
  'R17 a crash with another minor version installed: held back, and started once the right one is back',
  async (t) => {
    const node = await settled(t);
    const { machine } = node;
    replaceBinary(node, '3.6.4');
    etcdEnds(node);
    const { status } = await lives(node, 3);
    t.strictSame(machine.init.acts, ['start'], 'it is not started');
    t.match(status.service, { state: 'held-back', etcdVersion: '3.6.4' });
    t.strictSame(status.service.reason, reason('minor_to_install', { ...versions, begins: false }));

    replaceBinary(node, '3.5.30');
    machine.etcd.answer = { ...report, version: '3.5.30' };
    const healed = await lives(node, 1);
    t.strictSame(machine.init.acts, ['start', 'start']);
    t.equal(healed.status.service.state, 'running');
  },
);

t.test('R17 a guard that waits instead of etcd is reported as held back, not as a silent etcd', async (t) => {
  const node = await settled(t);
  replaceBinary(node, '3.6.4');
  node.machine.init.service = { kind: 'running', pid: 2, restarts: 0, guarding: true };
  node.machine.etcd.answer = null;
  const { status } = await lives(node, 200);
  t.equal(status.service.state, 'held-back');
  t.strictSame(node.machine.init.acts, ['start'], 'and left alone');
});

t.test('R17 while etcd runs, the effect of a restart is reported', async (t) => {
  const node = await settled(t);
  replaceBinary(node, '3.6.4');
  const { status, complete } = await lives(node, 1);
  t.match(status.service, { state: 'running', restartPending: false });
  t.strictSame(status.service.reason, reason('minor_would_change', versions));
  t.equal(complete, true, 'and it keeps the node from nothing');
});

t.test(
  'R17 a permit restarts nothing into another minor version, and is used once the right one is installed again',
  async (t) => {
    const node = await settled(t);
    const { machine, agent } = node;
    replaceBinary(node, '3.6.4');
    machine.coordinator.offer(machine.desired({ generation: 8, etcd: wanted(machine, 700), permit }));
    await fetchDesiredState(agent, 0);
    await lives(node, 3);
    t.strictSame([machine.init.acts, heartbeatOf(node)], [['start'], 500]);
    replaceBinary(node, '3.5.16');
    await lives(node, 1);
    t.strictSame([machine.init.acts, heartbeatOf(node)], [['start', 'stop', 'start'], 700]);
  },
);

t.test('R17 if a binary is replaced after the observation, etcd is not stopped', async (t) => {
  const node = await settled(t);
  const { machine, agent } = node;
  machine.coordinator.offer(machine.desired({ generation: 8, etcd: wanted(machine, 700), permit }));
  await fetchDesiredState(agent, 0);
  const { memberList } = machine.etcd;
  machine.etcd.memberList = async () => {
    replaceBinary(node, '3.6.4');
    return memberList.call(machine.etcd);
  };
  const { applied } = await reconcileOnce(agent);
  t.match(applied.failed?.error, {
    code: 'restart_refused',
    facts: { reason: reason('runs_other_minor', { minor: '3.5', installed: '3.6.4' }) },
  });
  t.strictSame(machine.init.acts, ['start']);
});

t.test(
  'R6, R17 a trial that meets a changed binary neither fails nor succeeds, and has its whole time afterwards',
  async (t) => {
    const node = await settled(t);
    const { machine, agent } = node;
    machine.init.onStart = () => {
      machine.init.service = { kind: 'running', pid: 2, restarts: 0, guarding: true };
      machine.etcd.answer = null;
      replaceBinary(node, '3.6.4');
    };
    machine.coordinator.offer(machine.desired({ generation: 8, etcd: wanted(machine, 700), permit }));
    await fetchDesiredState(agent, 0);
    const held = await lives(node, 300);
    t.match(held.status.service, { state: 'held-back', rejected: null });
    t.equal(heartbeatOf(node), 700);
    t.equal(held.complete, false);

    replaceBinary(node, '3.5.16');
    machine.init.service = { kind: 'running', pid: 2, restarts: 0 };
    const starting = await lives(node, 80);
    t.equal(starting.status.service.rejected, null, 'the time in which it was held back does not count');
    machine.etcd.answer = report;
    const { complete, status } = await lives(node, 12);
    t.strictSame([complete, status.service.rejected], [true, null]);
  },
);

t.test('R6, R17 nor does one that meets a binary that cannot be run', async (t) => {
  const node = await settled(t);
  const { machine, agent } = node;
  machine.init.onStart = () => etcdEnds(node);
  machine.coordinator.offer(machine.desired({ generation: 8, etcd: wanted(machine, 700), permit }));
  await fetchDesiredState(agent, 0);
  await reconcileOnce(agent);
  const gone: Agent = { ...agent, deps: { ...agent.deps, installedEtcd: async () => null } };
  const { status } = await lives({ ...node, agent: gone }, 60);
  t.equal(status.service.rejected, null);
  t.match(status.agent.waits, [
    reason('conf_to_serve', { changed: 'conf' }),
    reason('etcd_to_install', { remedy: 'install etcd 3.5' }),
  ]);
});
