import { failure } from '@picket/shared/errors.ts';
import type { ClusterStatusView } from '@picket/shared/protocol/clusters.ts';
import type { EventView } from '@picket/shared/protocol/events.ts';
import type { Page } from '@picket/shared/protocol/page.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t, { type Test } from 'tap';
import { idleMachine, readyStatus } from '../../../shared/test/samples/node-status.ts';
import type { CoordinatorFailpoint } from '../../src/model/failpoints.ts';
import { advance } from '../../src/operations/advance.ts';
import { changeSpec } from '../../src/operations/change-spec.ts';
import { type TestCoordinator, testCoordinator } from '../support/coordinator.ts';
import { changeTuning, createCluster, joinNode, nodeWith, servingAlone, type TestNode } from '../support/nodes.ts';
import { wireRefusal } from '../support/said.ts';

t.test('R1: the founder is in the store before any node sees `new`', async (t) => {
  const { coordinator, node } = await joined(t);
  crashAt(coordinator, 'publish.before-commit');
  await node.report();
  t.equal((await node.desiredState()).etcd, null);
  t.equal(coordinator.running.executor.situation('x-k3s').record.progress.formation, null);
});

t.test('R1: a crash before the commit releases nobody, and the next start releases one', async (t) => {
  const { coordinator, node } = await joined(t);
  crashAt(coordinator, 'publish.before-commit');
  await node.report();
  const [released] = await afterRestart(coordinator, [node]);
  t.equal(released?.initialClusterState, 'new');
  t.same(await stored(coordinator), released?.incarnation);
});

t.test('R1: a crash after the commit keeps the founder that is in the store', async (t) => {
  const { coordinator, node } = await joined(t);
  crashAt(coordinator, 'publish.after-commit');
  await node.report();
  t.equal((await node.desiredState()).etcd, null, 'nothing is visible before the crash');
  const inStore = await stored(coordinator);
  const [released] = await afterRestart(coordinator, [node]);
  t.same([released?.initialClusterState, released?.incarnation], ['new', inStore]);
});

t.test('R1: what fails after the commit, without a crash, releases no second incarnation', async (t) => {
  const { coordinator, node } = await joined(t);
  crashAt(coordinator, 'publish.after-commit');
  await node.report();
  coordinator.failpoint = () => undefined;
  const inStore = await stored(coordinator);
  await node.report();
  t.equal((await node.desiredState()).etcd?.incarnation, inStore, 'it continues from the store');
  const [released] = await afterRestart(coordinator, [node]);
  t.equal(released?.incarnation, inStore);
});

t.test('R1: of three that report at once, one is released', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const nodes = [await joinNode(coordinator, 1), await joinNode(coordinator, 2), await joinNode(coordinator, 3)];
  await Promise.all(nodes.map((node) => node.report()));
  const states = await Promise.all(nodes.map(async (node) => (await node.desiredState()).etcd?.initialClusterState));
  t.same(states, ['new', undefined, undefined]);
});

t.test('R1: once the cluster is recorded, its founder gets `existing` with the same incarnation', async (t) => {
  const { node } = await joined(t);
  await node.report();
  const founding = (await node.desiredState()).etcd;
  await node.report(servingAlone(founding?.incarnation ?? '', node.name));
  const { etcd, endpoints } = await node.desiredState();
  t.same([etcd?.initialClusterState, etcd?.incarnation], ['existing', founding?.incarnation]);
  t.same(endpoints, ['https://192.168.7.11:2379']);
});

t.test('R12: every step and what it publishes is in the store when it is visible', async (t) => {
  const { coordinator, node } = await joined(t);
  await node.report();
  const shown = await node.desiredState();
  const published = (await coordinator.running.inventory.publications.all()).find(({ nodeId }) => nodeId === node.id);
  t.same(published?.document, shown);
});

t.test('simultaneous operations are done one after another', async (t) => {
  const { coordinator, node } = await joined(t);
  await node.report();
  const { executor } = coordinator.running;
  const results = await Promise.allSettled([
    executor.run('x-k3s', advance),
    executor.run(
      'x-k3s',
      changeSpec(1, 'a test', (spec) => ({ ...spec, allowDowntime: true })),
    ),
    executor.run('x-k3s', advance),
    executor.run(
      'x-k3s',
      changeSpec(2, 'a test', (spec) => ({ ...spec, tuning: { ...spec.tuning, heartbeatIntervalMs: 250 } })),
    ),
    executor.run('x-k3s', advance),
  ]);
  t.same(
    results.map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'fulfilled', 'fulfilled', 'fulfilled'],
  );
  t.equal(executor.situation('x-k3s').record.spec.revision, 3);
});

t.test('one that fails does not delay the next', async (t) => {
  const { coordinator, node } = await joined(t);
  await node.report();
  const { executor } = coordinator.running;
  const refused = executor.run(
    'x-k3s',
    changeSpec(1, 'a test', () => {
      throw new Error('no');
    }),
  );
  const next = executor.run(
    'x-k3s',
    changeSpec(1, 'a test', (spec) => ({ ...spec, allowDowntime: true })),
  );
  await t.rejects(refused, { message: 'no' });
  t.equal((await next).record.spec.revision, 2);
});

t.test('a cluster that fails does not delay the others, nor the reports', async (t) => {
  const { coordinator } = await joined(t);
  await createCluster(coordinator, { name: 'other' });
  const node = await joinNode(coordinator, 2);
  await node.report();
  const { executor, inventory } = coordinator.running;
  const run = executor.run;
  Object.assign(executor, {
    run: async (...[cluster, operation]: Parameters<typeof run>) => {
      if (cluster === 'x-k3s') throw new Error('stuck');
      return run(cluster, operation);
    },
  });
  await t.rejects(coordinator.running.tick(), { message: 'stuck' });
  t.same(
    (await inventory.reports.all()).map(({ nodeId }) => nodeId),
    [node.id],
  );
});

t.test('a tick stores a report with news and none without, and a close stores all', async (t) => {
  const { coordinator, node } = await joined(t);
  await node.report();
  await coordinator.running.tick();
  const kept = async () => (await coordinator.running.inventory.reports.all())[0];
  const first = coordinator.clock.now;
  t.equal((await kept())?.receivedAt, first);
  coordinator.clock.now += 5000;
  await node.report({ machine: { ...idleMachine, temperatureCelsius: 51 } });
  await coordinator.running.tick();
  t.equal((await kept())?.receivedAt, first);
  await node.report({ service: { ...readyStatus().service, restarts: 1 } });
  await coordinator.running.tick();
  t.match(await kept(), { receivedAt: first + 5000, status: { service: { restarts: 1 } } });
  coordinator.clock.now += 5000;
  await node.report({ service: { ...readyStatus().service, restarts: 1 } });
  await coordinator.running.tick();
  await coordinator.restart();
  t.equal((await kept())?.receivedAt, first + 10_000);
});

t.test('a tick does what time alone makes due', async (t) => {
  const { coordinator, node } = await joined(t);
  await node.report();
  await node.report(servingAlone((await node.desiredState()).etcd?.incarnation ?? '', node.name));
  coordinator.clock.now += 60_000;
  await coordinator.running.tick();
  const { waitsFor } = (await coordinator.admin.get('/v1/clusters/x-k3s/status')).json<ClusterStatusView>();
  const ailment = reason('of_member', { member: 'x-k3s-m-1', why: reason('silent', { seconds: 60 }) });
  t.match(waitsFor, [{ code: 'voter_serves', facts: { ailment } }]);
});

t.test('R1: an admin abandons a formation that only its founder holds, and the next has a new token', async (t) => {
  const { coordinator, node } = await joined(t);
  await node.report();
  const first = (await node.desiredState()).etcd;
  const answer = await coordinator.admin.post('/v1/clusters/x-k3s/reset');
  t.equal(answer.status, 200);
  const after = await node.desiredState();
  t.same(after.retired, [first?.incarnation]);
  t.not(after.etcd?.incarnation, first?.incarnation);
  t.not(tokenIn(after.etcd?.conf), tokenIn(first?.conf));
});

t.test('R16: a founder that serves is given up only with the name of its cluster', async (t) => {
  const { coordinator, node } = await joined(t);
  await node.report();
  await node.report(servingAlone((await node.desiredState()).etcd?.incarnation ?? '', node.name));
  const reset = (body?: object) => coordinator.admin.post('/v1/clusters/x-k3s/reset', body);
  t.match((await reset()).json(), wireRefusal('reset_needs_name', { serving: 'x-k3s-m-1 (0 s ago)' }));
  t.match((await reset({ confirm: 'k3s' })).json(), { code: 'reset_needs_name' });
  t.equal((await reset({ confirm: 'x-k3s' })).status, 200);
});

t.test('R1: the event of a reset names its operator', async (t) => {
  const { coordinator, node } = await joined(t);
  await node.report();
  await coordinator.admin.post('/v1/clusters/x-k3s/reset');
  const { items } = (await coordinator.admin.get('/v1/events')).json<Page<EventView>>();
  t.strictSame(items.find(({ kind }) => kind === 'reset')?.facts, { by: 'operator ada', formations: 1 });
});

t.test('R1: a reset is refused before anything was founded', async (t) => {
  const { coordinator } = await joined(t);
  const answer = await coordinator.admin.post('/v1/clusters/x-k3s/reset');
  t.equal(answer.status, 409);
  t.same(answer.json(), failure('reset_refused', { cluster: 'x-k3s', reason: reason('nothing_founded') }).toWire());
});

t.test('R1: a reset is refused once there may be a second voter, also after a restart', async (t) => {
  const { coordinator, node } = await joined(t);
  await node.report();
  const { record } = coordinator.running.executor.situation('x-k3s');
  // The state after the promotion of a second member.
  const { progress, progressVersion } = record;
  const promoted = { ...progress, secondVoterPossible: true };
  await coordinator.running.inventory.clusters.keepProgress('x-k3s', progressVersion, promoted);
  await coordinator.restart();
  const answer = await coordinator.admin.post('/v1/clusters/x-k3s/reset');
  t.same(
    answer.json(),
    failure('reset_refused', { cluster: 'x-k3s', reason: reason('second_voter_possible') }).toWire(),
  );
});

t.test('R12: a change of spec is in the store before the answer', async (t) => {
  const { coordinator } = await joined(t);
  await changeTuning(coordinator, 1, { heartbeatIntervalMs: 250 });
  const kept = await coordinator.running.inventory.clusters.find('x-k3s');
  t.same([kept?.spec.revision, kept?.spec.tuning.heartbeatIntervalMs], [2, 250]);
});

t.test('a change of spec that fails before its commit is not made', async (t) => {
  const { coordinator } = await joined(t);
  crashAt(coordinator, 'publish.before-commit');
  await t.rejects(changeTuning(coordinator, 1, { heartbeatIntervalMs: 250 }));
  coordinator.failpoint = () => undefined;
  t.equal((await coordinator.admin.get('/v1/clusters/x-k3s')).headers.etag, '"1"');
});

t.test('R12: a node that got the answer to its join exists after a restart, with its state', async (t) => {
  const { coordinator, node } = await joined(t);
  const before = await node.desiredState();
  await coordinator.restart();
  t.same(await nodeWith(coordinator, node).desiredState(), before);
});

t.test('R5, R12: a node whose join was stored without an answer has its first state in the store', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  crashAt(coordinator, 'join.after-commit');
  await t.rejects(joinNode(coordinator, 1));
  const { inventory } = coordinator.running;
  const [node] = await inventory.nodes.all();
  const published = (await inventory.publications.all()).map(({ nodeId, generation }) => ({ nodeId, generation }));
  t.same(published, [{ nodeId: node?.id, generation: 1 }]);
});

async function joined(test: Test): Promise<{ coordinator: TestCoordinator; node: TestNode }> {
  const coordinator = await testCoordinator(test);
  await createCluster(coordinator);
  return { coordinator, node: await joinNode(coordinator, 1) };
}

function crashAt(coordinator: TestCoordinator, where: CoordinatorFailpoint): void {
  coordinator.failpoint = (name) => {
    if (name === where) throw new Error(`crash at ${where}`);
  };
}

/** The incarnation of the founder in the store. */
async function stored({ running }: TestCoordinator): Promise<string | undefined> {
  return (await running.inventory.clusters.find('x-k3s'))?.progress.formation?.incarnation;
}

/** What these nodes should run after the coordinator has restarted and heard from them. */
async function afterRestart(coordinator: TestCoordinator, nodes: readonly TestNode[]) {
  coordinator.failpoint = () => undefined;
  await coordinator.restart();
  const again = nodes.map((node) => nodeWith(coordinator, node));
  for (const node of again) await node.report();
  return Promise.all(again.map(async (node) => (await node.desiredState()).etcd));
}

function tokenIn(conf: string | undefined): string | undefined {
  return /initial-cluster-token: "(.*)"/.exec(conf ?? '')?.[1];
}
