import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { failure } from '@picket/shared/errors.ts';
import { snapshotPartBytes } from '@picket/shared/protocol/snapshots.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t, { type Test } from 'tap';
import { said } from '../../../../test/support/said.ts';
import { until } from '../../../../test/support/until.ts';
import { fetchDesiredState } from '../../src/coordinator/poll.ts';
import { RemoteError } from '../../src/coordinator/remote-error.ts';
import { writeInParts } from '../../src/host/files/part-file.ts';
import { openAgent } from '../../src/loop/agent.ts';
import { reconcileOnce } from '../../src/loop/reconcile-once.ts';
import { fetchSnapshot } from '../../src/snapshots/restore-snapshot.ts';
import { Killed, testMachine } from '../machine.ts';
import { failedWith, temporaryFolder } from '../support.ts';

const order = { id: 'snapshot0001', validForSeconds: 90, deadlineSeconds: 600 };
const pieces = Array.from({ length: 40 }, () => randomBytes(32_768));

/** A member whose etcd runs, with an order for a snapshot. */
async function given(t: Test) {
  const machine = await testMachine(t);
  const { deps, coordinator, etcd, desired } = machine;
  etcd.pieces = pieces;
  const agent = await openAgent(deps);
  coordinator.offer(desired());
  await fetchDesiredState(agent, 0);
  await reconcileOnce(agent);
  coordinator.offer(desired({ generation: 8, snapshot: order }));
  await fetchDesiredState(agent, 0);
  return { machine, agent };
}

t.test('a snapshot is sent in parts, beside everything else, and is no part of the desired state', async (t) => {
  const { machine, agent } = await given(t);
  const { status, complete } = await reconcileOnce(agent);
  t.equal(complete, true);
  t.equal(status.lastSnapshot?.id, order.id);
  await machine.deps.snapshots.ended();
  const { parts, ends } = machine.coordinator;
  t.ok(Buffer.concat(parts).equals(Buffer.concat(pieces)));
  t.ok(parts.every(({ length }) => length <= snapshotPartBytes));
  t.match(ends, [{ sizeBytes: 40 * 32_768, revision: 7, clusterId: 'cc', etcdVersion: '3.5.16' }]);
  t.match((await reconcileOnce(agent)).status.lastSnapshot, { id: order.id, outcome: 'done' });
  t.strictSame(machine.etcd.calls, ['snapshot'], 'it is taken only once');
});

t.test('a snapshot that cannot be sent is reported, and not begun again', async (t) => {
  const { machine, agent } = await given(t);
  machine.coordinator.snapshotRefusal = new Error('there is no room');
  await reconcileOnce(agent);
  await machine.deps.snapshots.ended();
  t.match((await reconcileOnce(agent)).status.lastSnapshot, { outcome: 'failed', reason: said('there is no room') });
  const next = await openAgent(machine.deps);
  await fetchDesiredState(next, 0);
  await reconcileOnce(next);
  t.strictSame(machine.etcd.calls, ['snapshot']);
});

t.test('R2: a snapshot whose lease has expired does not begin', async (t) => {
  const { machine, agent } = await given(t);
  machine.clock.advance(90_000);
  await reconcileOnce(agent);
  t.strictSame(machine.etcd.calls, []);
});

t.test('a stopped agent cancels it; after a killed one, the next reports that it was lost', async (t) => {
  const { machine, agent } = await given(t);
  let sent = (): void => {};
  const held = new Promise<void>((resolve) => {
    sent = resolve;
  });
  machine.coordinator.snapshotPart = async () => {
    await held;
    return { receivedBytes: 0 };
  };
  await reconcileOnce(agent);
  const killed = await openAgent(machine.deps);
  t.match(killed.journal.current().lastSnapshot, { outcome: 'failed', reason: { code: 'agent_restarted' } });
  const stopping = machine.deps.snapshots.stop();
  sent();
  await stopping;
  await until(
    'it is recorded',
    () => JSON.stringify(agent.journal.current().lastSnapshot?.reason).includes('the agent was stopped'),
    {
      within: 5000,
    },
  );
});

const restore = { snapshot: 'snapshot0001', sizeBytes: 5, sha256: 'ab'.repeat(32), former: [] };

for (const failpoint of ['data-dir.after-intent', 'data-dir.after-make', 'data-dir.after-record'] as const) {
  t.test(`R4: a founder is restored once, killed at ${failpoint}`, async (t) => {
    const machine = await testMachine(t);
    const { deps, coordinator, deadly, desired, etcdWanted, init } = machine;
    init.onStart = () => void coordinator.restored.push('start');
    coordinator.offer(desired({ etcd: { ...etcdWanted(), restore } }));
    deadly.add(failpoint);
    const first = await openAgent(deps);
    await fetchDesiredState(first, 0);
    t.ok((await reconcileOnce(first)).applied.failed?.error instanceof Killed);
    deadly.clear();
    const next = await openAgent(deps);
    await fetchDesiredState(next, 0);
    await reconcileOnce(next);
    t.strictSame(coordinator.restored, [
      `${restore.snapshot} x-k3s-m-1 https://192.168.7.11:2380 x-k3s-0123456789abcdef`,
      'start',
    ]);
    coordinator.offer(desired({ generation: 8 }));
    await fetchDesiredState(next, 0);
    await reconcileOnce(next);
    t.equal(coordinator.restored.length, 2, 'and continues as a member without mentioning the snapshot');
  });
}

t.test('R1, R4: a failed restore starts no etcd, and is not retried at once', async (t) => {
  const machine = await testMachine(t);
  const { coordinator, desired, etcdWanted, init, paths, clock } = machine;
  let tries = 0;
  const deps = {
    ...machine.deps,
    async restoreSnapshot() {
      tries += 1;
      throw new Error('etcdutl is not there');
    },
  };
  coordinator.offer(desired({ etcd: { ...etcdWanted(), restore } }));
  const agent = await openAgent(deps);
  await fetchDesiredState(agent, 0);
  const { status } = await reconcileOnce(agent);
  const why = reason('step_failed', {
    step: 'restore-data',
    incarnation: 'incarnation1',
    snapshot: 'snapshot0001',
    why: said('etcdutl is not there'),
  });
  t.strictSame(status.agent.waits[0], why);
  const again = await reconcileOnce(agent);
  t.strictSame(again.status.agent.waits, [reason('restore_pauses', { why })]);
  t.same([tries, existsSync(join(paths.dataRoot, 'incarnation1'))], [1, false]);
  clock.advance(9999);
  await reconcileOnce(agent);
  t.equal(tries, 1);
  clock.advance(1);
  await reconcileOnce(agent);
  t.equal(tries, 2);
  t.notOk(init.acts.includes('start'));
});

const url = (number: number) => `https://192.168.7.${number + 10}:2379`;
const voter = (number: number) => ({ name: `x-k3s-m-${number}`, clientUrl: url(number) });
const after = { ...restore, former: [voter(1), voter(2), voter(3)] };

/** A founder that should begin from a snapshot, while the third voter of the old cluster still answers reads. */
async function beside(t: Test) {
  const machine = await testMachine(t);
  const { coordinator, deps, desired, etcdWanted } = machine;
  machine.former.add(url(3));
  coordinator.offer(desired({ etcd: { ...etcdWanted(), restore: after } }));
  const agent = await openAgent(deps);
  await fetchDesiredState(agent, 0);
  return { machine, agent };
}

t.test('R16: nothing is restored while a former voter answers reads, and the remedy is reported', async (t) => {
  const { machine, agent } = await beside(t);
  const { clock, coordinator, init, paths } = machine;
  const serves = failedWith(
    'former_cluster_serves',
    { snapshot: 'snapshot0001', voters: `x-k3s-m-3 (${url(3)})` },
    { step: 'restore-data' },
  );
  t.match((await reconcileOnce(agent)).status.agent.waits, [serves]);
  t.strictSame(machine.asked, [url(2), url(3)], 'all but its own address');
  const paused = (await reconcileOnce(agent)).status.agent.waits;
  t.match(paused, [{ code: 'restore_pauses', facts: { why: serves } }], 'nor in the pause');
  clock.advance(60_000);
  await reconcileOnce(agent);
  t.same([coordinator.restored, existsSync(join(paths.dataRoot, 'incarnation1'))], [[], false]);
  t.notOk(init.acts.includes('start'));
});

t.test('R16: once none answers, it continues within 10 s, however often it has asked', async (t) => {
  const { machine, agent } = await beside(t);
  for (let times = 0; times < 8; times += 1) {
    await reconcileOnce(agent);
    machine.clock.advance(10_000);
  }
  machine.former.clear();
  await reconcileOnce(agent);
  t.equal(machine.coordinator.restored.length, 1);
  t.ok(machine.init.acts.includes('start'));
});

t.test('R16: if one answers after the data was made, etcd is not started', async (t) => {
  const { machine, agent } = await beside(t);
  const { coordinator, former, init } = machine;
  former.clear();
  const { deps } = agent;
  const restoring = deps.restoreSnapshot;
  Object.assign(deps, {
    async restoreSnapshot(...args: Parameters<typeof restoring>) {
      await restoring(...args);
      former.add(url(2));
    },
  });
  const { status } = await reconcileOnce(agent);
  t.match(status.agent.waits, [
    failedWith('former_cluster_serves', { voters: `x-k3s-m-2 (${url(2)})` }, { step: 'start-etcd' }),
  ]);
  t.same([coordinator.restored.length, init.acts.includes('start')], [1, false]);
});

t.test('R1: a restored founder that is no longer wanted does not start', async (t) => {
  const machine = await testMachine(t);
  const { coordinator, desired, etcdWanted, init } = machine;
  const deps = {
    ...machine.deps,
    async restoreSnapshot(...args: Parameters<typeof machine.deps.restoreSnapshot>) {
      await machine.deps.restoreSnapshot(...args);
      coordinator.offer(desired({ generation: 8, etcd: null, retired: ['incarnation1'] }));
      await fetchDesiredState(agent, 0);
    },
  };
  coordinator.offer(desired({ etcd: { ...etcdWanted(), restore } }));
  const agent = await openAgent(deps);
  await fetchDesiredState(agent, 0);
  await reconcileOnce(agent);
  t.equal(coordinator.restored.length, 1);
  t.equal((await reconcileOnce(agent)).complete, true);
  t.strictSame(init.acts, []);
});

t.test('the next agent removes what a killed one had fetched', async (t) => {
  const { deps, paths } = await testMachine(t);
  const left = join(paths.stateDir, 'restore.db');
  writeFileSync(left, 'the data of a cluster');
  await openAgent(deps);
  t.notOk(existsSync(left));
});

const octets = randomBytes(1_300_000);
const facts = { snapshot: 'snapshot0001', sizeBytes: octets.length, sha256: hashOf(octets), former: [] };

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

const atOnce = async (): Promise<void> => {};

t.test('a missing part of a snapshot is requested again; a refused one is not', async (t) => {
  const path = join(temporaryFolder(t), 'restore.db');
  const asked: number[] = [];
  let failures = 0;
  let trouble: Error = failure('coordinator_unreachable', { url: 'https://coordinator', reason: 'it is unreachable' });
  const readSnapshot = async (_id: string, from: number) => {
    asked.push(from);
    if (from === 500_000 && failures > 0) {
      failures -= 1;
      throw trouble;
    }
    return octets.subarray(from, from + 500_000);
  };
  const fetch = () => writeInParts(path, (writer) => fetchSnapshot(facts, { readSnapshot }, writer, atOnce));
  failures = 5;
  await fetch();
  t.ok(readFileSync(path).equals(octets));
  t.strictSame(asked, [0, ...Array.from({ length: 6 }, () => 500_000), 1_000_000]);
  failures = 6;
  await t.rejects(fetch(), { code: 'coordinator_unreachable' }, 'not forever');
  failures = 6;
  trouble = new RemoteError(404, { code: 'snapshot_unknown', message: 'There is none.', hint: '', details: {} });
  await t.rejects(fetch(), { code: 'snapshot_unknown' });
  t.equal(failures, 5);
});

t.test('R9: a snapshot is fetched whole, or nothing of it stays', async (t) => {
  const path = join(temporaryFolder(t), 'restore.db');
  writeFileSync(path, 'of an attempt that was killed');
  let source: Buffer = octets;
  const coordinator = { readSnapshot: async (_id: string, from: number) => source.subarray(from, from + 500_000) };
  await writeInParts(path, (writer) => fetchSnapshot(facts, coordinator, writer, atOnce));
  const { files } = (await testMachine(t)).deps.host;
  t.ok(await files.exists(path));
  source = octets.subarray(0, 900_000);
  await t.rejects(
    writeInParts(path, (writer) => fetchSnapshot(facts, coordinator, writer, atOnce)),
    { code: 'restore_failed', facts: { problem: /has 900000 bytes/ } },
  );
  t.notOk(await files.exists(path));
});
