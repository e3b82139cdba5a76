import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { MemberState } from '@picket/shared/protocol/desired-state.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t, { type Test } from 'tap';
import { said } from '../../../../test/support/said.ts';
import { until } from '../../../../test/support/until.ts';
import { fetchDesiredState } from '../../src/coordinator/poll.ts';
import { openAgent } from '../../src/loop/agent.ts';
import { reconcileOnce } from '../../src/loop/reconcile-once.ts';
import { testMachine } from '../machine.ts';
import { listed } from '../reconcile/samples.ts';
import { failedWith } from '../support.ts';

const times = { validForSeconds: 90, deadlineSeconds: 600 };
const defragment = { id: 'order0000001', kind: 'defragment', compactFirst: true, ...times } as const;

/** A member of three whose etcd runs, with this order. */
async function given(t: Test, maintenance: NonNullable<MemberState['maintenance']>) {
  const machine = await testMachine(t);
  const { deps, coordinator, etcd, desired } = machine;
  etcd.members = [listed('a1'), listed('b2'), listed('c3')];
  const agent = await openAgent(deps);
  coordinator.offer(desired());
  await fetchDesiredState(agent, 0);
  await reconcileOnce(agent);
  coordinator.offer(desired({ generation: 8, maintenance }));
  await fetchDesiredState(agent, 0);
  return { machine, agent };
}

const hash = { hash: '00000007', revision: 40, compactRevision: -1 };

const clients = ['client:app-1', 'client:app-2'];

for (const [act, calls, result] of [
  [{ kind: 'compact' }, ['compact 7'], {}],
  [{ kind: 'disarm' }, ['disarm'], {}],
  [{ kind: 'disarm-corrupt' }, ['disarm CORRUPT'], {}],
  [{ kind: 'hash', revision: 40 }, ['hash 40'], { hash }],
  [
    { kind: 'enable-authentication', clients },
    ['prepare authentication for client:app-1 client:app-2', 'enable authentication'],
    {},
  ],
  [{ kind: 'disable-authentication' }, ['disable authentication'], {}],
  [{ kind: 'move-leader', to: 'b2' }, ['lead b2'], {}],
  [{ kind: 'downgrade', to: '3.5' }, ['downgrade 3.5'], {}],
  [{ kind: 'downgrade', to: null }, ['downgrade null'], {}],
] as const) {
  t.test(`it is done once, and the next report has the result: ${act.kind}`, async (t) => {
    const { machine, agent } = await given(t, { id: 'order0000001', ...act, ...times });
    const { reason: _why, ...outcome } = (await reconcileOnce(agent)).status.lastMaintenance ?? { reason: null };
    t.same(outcome, { id: 'order0000001', outcome: 'done', ...result });
    const next = await openAgent(machine.deps);
    await fetchDesiredState(next, 0);
    t.equal((await reconcileOnce(next)).complete, true);
    t.strictSame(machine.etcd.calls, calls);
    t.strictSame(machine.probed, [], 'nobody is disturbed by it');
  });
}

t.test('R2: a member is defragmented once every other voter has answered, and reports the result', async (t) => {
  const { machine, agent } = await given(t, defragment);
  const { status } = await reconcileOnce(agent);
  t.strictSame(machine.etcd.calls, ['compact 7', 'defragment']);
  t.equal(machine.probed.length, 2);
  t.match(status.lastMaintenance, { outcome: 'done', reason: { code: 'defragmented' } });
});

t.test('R6: a leader first hands over the leadership', async (t) => {
  const { machine, agent } = await given(t, defragment);
  machine.etcd.answer = { ...machine.etcd.answer!, leader: 'a1' };
  await reconcileOnce(agent);
  t.strictSame(machine.etcd.calls, ['lead b2', 'compact 7', 'defragment']);
});

t.test('R2: while another voter is not healthy it does not begin, and reports that', async (t) => {
  const { machine, agent } = await given(t, defragment);
  machine.ailing.set('https://10.0.0.1:c3', 'it is away');
  const { status } = await reconcileOnce(agent);
  const why = reason('voters_absent', { absent: [{ member: 'member-c3', why: said('it is away') }] });
  t.match(status.agent.waits, [failedWith('defragmentation_refused', { reason: why })]);
  t.strictSame([machine.etcd.calls, status.lastMaintenance], [[], undefined]);
  machine.ailing.clear();
  t.match((await reconcileOnce(agent)).status.lastMaintenance, { outcome: 'done' });
});

t.test('R2, R4: a member is not defragmented after its data dir was deleted', async (t) => {
  const { machine, agent } = await given(t, defragment);
  rmSync(join(machine.paths.dataRoot, 'incarnation1'), { recursive: true });
  const { status } = await reconcileOnce(agent);
  const why = reason('data_deleted', { path: join(machine.paths.dataRoot, 'incarnation1'), isEmpty: false });
  t.match(status.agent.waits, [failedWith('defragmentation_refused', { reason: why })]);
  t.strictSame(machine.etcd.calls, []);
});

t.test('R2: an order whose lease has expired does not begin, nor one that was withdrawn', async (t) => {
  const { machine, agent } = await given(t, defragment);
  machine.clock.advance(90_000);
  await reconcileOnce(agent);
  machine.coordinator.offer(machine.desired({ generation: 9 }));
  await fetchDesiredState(agent, 0);
  await reconcileOnce(agent);
  t.strictSame(machine.etcd.calls, []);
});

t.test('R2: if the compaction takes long, the member is not defragmented by the earlier check', async (t) => {
  const { machine, agent } = await given(t, defragment);
  machine.etcd.onCompact = async () => machine.clock.advance(11_000);
  await reconcileOnce(agent);
  await machine.deps.maintenance.ended();
  t.match((await reconcileOnce(agent)).status.lastMaintenance, {
    outcome: 'failed',
    reason: said('its time ran out before it began'),
  });
  t.strictSame(machine.etcd.calls, ['compact 7']);
});

t.test('this node is observed and reported while a large database is rewritten', async (t) => {
  const { machine, agent } = await given(t, defragment);
  let ends = (): void => {};
  machine.etcd.onDefragment = () =>
    new Promise((resolve) => {
      ends = resolve;
    });
  const first = reconcileOnce(agent);
  const { calls } = machine.etcd;
  await until('two calls have come', () => calls.length >= 2, { every: 0, lastSeen: () => calls.join('\n') });
  machine.clock.advance(2000);
  t.match((await first).status.lastMaintenance, { outcome: 'begun' });
  machine.etcd.answer = null;
  t.match((await reconcileOnce(agent)).status, { etcd: null, lastMaintenance: { outcome: 'begun' } });
  ends();
  await machine.deps.maintenance.ended();
  t.match((await reconcileOnce(agent)).status.lastMaintenance, { outcome: 'done' });
  t.strictSame(machine.etcd.calls, ['compact 7', 'defragment']);
});

t.test('etcd’s refusal is reported; an agent that was killed reports that it does not know', async (t) => {
  const { machine, agent } = await given(t, defragment);
  machine.etcd.refuse = new Error('etcdserver: no leader');
  t.match((await reconcileOnce(agent)).status.lastMaintenance, {
    outcome: 'failed',
    reason: said('etcdserver: no leader'),
  });
  await agent.journal.update((before) => ({
    ...before,
    lastMaintenance: { id: defragment.id, outcome: 'begun', reason: null },
  }));
  const next = await openAgent(machine.deps);
  t.match(next.journal.current().lastMaintenance, { outcome: 'failed', reason: { code: 'agent_restarted' } });
});
