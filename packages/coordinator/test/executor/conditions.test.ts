import { happening } from '@picket/shared/events/event.ts';
import type { ClusterStatusView } from '@picket/shared/protocol/clusters.ts';
import type { EventView } from '@picket/shared/protocol/events.ts';
import type { Page } from '@picket/shared/protocol/page.ts';
import type { NodeStatus } from '@picket/shared/protocol/report.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t, { type Test } from 'tap';
import { readyStatus } from '../../../shared/test/samples/node-status.ts';
import type { TestCoordinator } from '../support/coordinator.ts';
import { nodeWith, type TestNode } from '../support/nodes.ts';
import { reasonsOf } from '../support/said.ts';
import { type Formed, formed, reportAll, voterStatus } from '../support/voters.ts';

const minute = 60_000;

/** Kinds of events about conditions; others are of operators, steps and identities. */
const kinds =
  /^(?:node-(?:silent|returned)|agent-|etcd-restarted|voter-(?:up|down)|data-|disk-|clock-(?:wrong|right)|quorum-|leader-|more-)/;

async function eventsOf({ admin }: TestCoordinator): Promise<readonly EventView[]> {
  const { items } = (await admin.get('/v1/events?limit=500')).json<Page<EventView>>();
  return items.filter(({ kind }) => kinds.test(kind)).reverse();
}

async function said(coordinator: TestCoordinator) {
  return (await eventsOf(coordinator)).map(({ kind, facts }) => ({ kind, facts }));
}

/** These nodes report every 20 s for so long, and the coordinator ticks. */
async function pass({ coordinator }: Formed, ms: number, reporting: readonly TestNode[]): Promise<void> {
  const { clock, running } = coordinator;
  const end = clock.now + ms;
  while (clock.now < end) {
    clock.now = Math.min(end, clock.now + 20_000);
    await reportAll(reporting);
    await running.tick();
  }
}

async function reports(
  node: TestNode,
  changes: { readonly service?: Partial<NodeStatus['service']>; readonly etcd?: null },
) {
  const { generation } = await node.desiredState();
  const status = voterStatus(node, generation);
  const etcd = changes.etcd === null ? null : status.etcd;
  await node.report({ ...status, etcd, service: { ...status.service, ...changes.service } });
}

function member(all: Formed, number: number): TestNode {
  const node = all.nodes[number - 1];
  if (node === undefined) throw new Error(`no member ${number}`);
  return node;
}

/** Three voters that have reported for two minutes. */
async function settled(test: Test): Promise<Formed> {
  const all = await formed(test);
  await pass(all, 2 * minute, all.nodes);
  return all;
}

t.test('three voters that serve cause no event about conditions', async (t) => {
  const all = await settled(t);
  t.same(await said(all.coordinator), []);
});

t.test('a node that goes silent and returns', async (t) => {
  const all = await settled(t);
  const since = new Date(all.coordinator.clock.now).toISOString();
  const [one, two, three] = [member(all, 1), member(all, 2), member(all, 3)];
  await pass(all, 12 * minute, [one, two]);
  const node = { nodeId: three.id, name: 'x-k3s-m-3' };
  const silent = happening('node-silent', { ...node, kind: 'member', stops: null, since });
  t.same(await said(all.coordinator), [silent]);
  await pass(all, 20_000, [one, two, three]);
  t.same(await said(all.coordinator), [
    silent,
    happening('node-returned', { ...node, forMs: 12 * minute + 20_000, restarted: false }),
  ]);
});

t.test('a restart of the coordinator repeats no event and loses none', async (t) => {
  const all = await settled(t);
  const { coordinator } = all;
  await pass(all, 2 * minute, [member(all, 1), member(all, 2)]);
  t.equal((await said(coordinator)).length, 1);
  await coordinator.restart();
  const nodes = all.nodes.map((node) => nodeWith(coordinator, node));
  const after = { coordinator, nodes };
  await pass(after, 3 * minute, [member(after, 1), member(after, 2)]);
  t.equal((await said(coordinator)).length, 1, 'it is still silent');
  await coordinator.restart();
  const again = { coordinator, nodes: all.nodes.map((node) => nodeWith(coordinator, node)) };
  await pass(again, 10_000, again.nodes);
  t.match((await said(coordinator)).slice(1), [
    { kind: 'node-returned', facts: { name: 'x-k3s-m-3', forMs: 5 * minute + 10_000 } },
  ]);
});

t.test('R14: after its start the coordinator calls no node silent that had no time to report', async (t) => {
  const all = await settled(t);
  const { coordinator } = all;
  await coordinator.restart(async () => {
    coordinator.clock.now += 30 * minute;
  });
  const after = { coordinator, nodes: all.nodes.map((node) => nodeWith(coordinator, node)) };
  await pass(after, 80_000, []);
  t.same(await said(coordinator), []);
  await pass(after, 10_000, after.nodes);
  t.same(await said(coordinator), []);
});

for (const byMs of [30 * minute, -4 * minute]) {
  t.test(`R14: a clock that was set by ${byMs / minute} min makes no node silent`, async (t) => {
    const all = await settled(t);
    all.coordinator.setClock(byMs);
    await pass(all, 80_000, []);
    await pass(all, 10_000, all.nodes);
    t.same(await said(all.coordinator), []);
  });
}

t.test('R14: how long a node was silent does not depend on a clock that was set meanwhile', async (t) => {
  const all = await settled(t);
  await pass(all, 2 * minute, [member(all, 1), member(all, 2)]);
  all.coordinator.setClock(-4 * minute);
  await pass(all, 3 * minute, [member(all, 1), member(all, 2)]);
  await pass(all, 10_000, all.nodes);
  t.match((await said(all.coordinator)).slice(1), [{ kind: 'node-returned', facts: { forMs: 5 * minute + 10_000 } }]);
});

t.test('an etcd that ended and was restarted is one event, and a notice for a day', async (t) => {
  const all = await settled(t);
  const two = member(all, 2);
  await reports(two, {
    etcd: null,
    service: { state: 'crashed', reason: { code: 'error_says', facts: { text: 'SIGKILL' } } },
  });
  await reports(two, { service: { restarts: 1 } });
  const ended = { nodeId: two.id, member: 'x-k3s-m-2', times: 1, why: reason('error_says', { text: 'SIGKILL' }) };
  t.same(await said(all.coordinator), [happening('etcd-restarted', ended)]);
  t.match(await restartNotices(all.coordinator), [{ code: 'restarted', facts: { member: 'x-k3s-m-2', restarts: 1 } }]);
  await reports(two, { service: { restarts: 1 } });
  t.equal((await said(all.coordinator)).length, 1);
});

t.test('the notice of an etcd that was restarted stays while its node is quarantined', async (t) => {
  const all = await settled(t);
  const two = member(all, 2);
  await reports(two, { service: { restarts: 1 } });
  await two.report(voterStatus(two, 999_999));
  const { waitsFor } = (await all.coordinator.admin.get('/v1/clusters/x-k3s/status')).json<ClusterStatusView>();
  t.match(waitsFor, [{ code: 'node_quarantined', facts: { member: 'x-k3s-m-2' } }]);
  t.match(await restartNotices(all.coordinator), [{ code: 'restarted', facts: { member: 'x-k3s-m-2', restarts: 1 } }]);
});

t.test('a count of restarts from before the member began this incarnation is no death', async (t) => {
  const all = await settled(t);
  await all.coordinator.admin.post('/v1/clusters/x-k3s/members/x-k3s-m-3/replace', {});
  const three = member(all, 3);
  const sample = readyStatus();
  const answer = await three.report({
    service: { ...sample.service, state: 'running', incarnation: 'another1', restarts: 4 },
  });
  t.equal(answer.status, 200, answer.text);
  t.same(await restartNotices(all.coordinator), []);
});

t.test('etcd without a quorum, and with one again', async (t) => {
  const all = await settled(t);
  const crash = { etcd: null, service: { state: 'crashed' } } as const;
  const lastRead = new Date(all.coordinator.clock.now).toISOString();
  all.coordinator.clock.now += 5000;
  for (const number of [1, 2, 3])
    await reports(member(all, number), number === 1 ? { etcd: null, service: {} } : crash);
  t.same(await said(all.coordinator), [happening('quorum-lost', { able: 0, all: 3, quorum: 2, lastRead })]);
  await reports(member(all, 1), {});
  t.match((await said(all.coordinator)).slice(1), [{ kind: 'quorum-regained', facts: { forMs: 5000, known: true } }]);
});

t.test('R16: if nobody reports, the quorum is unknown and not lost', async (t) => {
  const all = await settled(t);
  await pass(all, 2 * minute, []);
  const events = await said(all.coordinator);
  t.equal(events.filter(({ kind }) => kind === 'node-silent').length, 3);
  t.match(events.at(-1), { kind: 'quorum-unknown', facts: { able: 0, all: 3, quorum: 2 } });
  t.equal(events.length, 4);
  await pass(all, 10_000, all.nodes);
  const regained = (await said(all.coordinator)).find(({ kind }) => kind === 'quorum-regained');
  t.same(regained, happening('quorum-regained', { forMs: 2 * minute + 10_000, known: false }));
});

async function restartNotices({ admin }: TestCoordinator) {
  const { notices } = (await admin.get('/v1/clusters/x-k3s/status')).json<ClusterStatusView>();
  return reasonsOf(notices).filter(({ code }) => code === 'restarted');
}
