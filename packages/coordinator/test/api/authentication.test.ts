import { failure } from '@picket/shared/errors.ts';
import type { AuthenticationState } from '@picket/shared/protocol/authentication.ts';
import type { EventView } from '@picket/shared/protocol/events.ts';
import type { Page } from '@picket/shared/protocol/page.ts';
import type { NodeStatus } from '@picket/shared/protocol/report.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import t, { type Test } from 'tap';
import type { TestCoordinator } from '../support/coordinator.ts';
import { nodeWith, type TestNode } from '../support/nodes.ts';
import { reasonsOf, wireRefusal } from '../support/said.ts';
import { clusterPath } from '../support/snapshots.ts';
import { type Formed, formed, reportAll, voterStatus } from '../support/voters.ts';

const path = `${clusterPath}/authentication`;
const every = ['client:x-k3s-m-1', 'client:x-k3s-m-2', 'client:x-k3s-m-3'];

async function ordered({ admin }: TestCoordinator, body: object): Promise<string> {
  const answer = await admin.post(path, body);
  if (answer.status !== 202) throw new Error(answer.text);
  return answer.json<{ id: string }>().id;
}

async function stateOf({ admin }: TestCoordinator): Promise<AuthenticationState> {
  return (await admin.get(path)).json<AuthenticationState>();
}

async function orderOf(node: TestNode) {
  return (await node.desiredState()).maintenance;
}

/** The voter's report, with this changed. */
async function reports(node: TestNode, changes: Partial<NodeStatus['service']>, more: Partial<NodeStatus> = {}) {
  const { generation } = await node.desiredState();
  const status = voterStatus(node, generation);
  const answer = await node.report({ ...status, service: { ...status.service, ...changes }, ...more });
  if (answer.status !== 200) throw new Error(answer.text);
}

async function enabled(t: Test): Promise<Formed & { readonly id: string; readonly executor: TestNode }> {
  const given = await formed(t);
  const id = await ordered(given.coordinator, { enabled: true });
  const executor = given.nodes[1]!;
  return { ...given, id, executor };
}

t.test('it is switched on by a follower, which no client may lose its access by', async (t) => {
  const { coordinator, nodes, id, executor } = await enabled(t);
  t.strictSame(await orderOf(executor), {
    kind: 'enable-authentication',
    clients: every,
    ...{ id, validForSeconds: 90, deadlineSeconds: 60 },
  });
  for (const other of [nodes[0]!, nodes[2]!]) t.equal(await orderOf(other), undefined);
  t.match(await stateOf(coordinator), { enabled: false, task: { id, enable: true, member: executor.name } });

  const done = { id, outcome: 'done', reason: reason('authentication_enabled') } as const;
  await reports(executor, { authenticationOn: true }, { lastMaintenance: done });
  t.match(await stateOf(coordinator), { enabled: true, task: null, failure: null });
  t.equal(await orderOf(executor), undefined);
  const { items } = (await coordinator.admin.get('/v1/events?kind=record-authentication')).json<Page<EventView>>();
  t.match(items, [
    {
      kind: 'record-authentication',
      facts: {
        executor: 'x-k3s-m-2',
        enable: true,
        outcome: 'done',
        reason: reason('node_says', { why: reason('authentication_enabled') }),
      },
    },
  ]);
});

t.test('with force, clients may lose their access', async (t) => {
  const { coordinator, nodes } = await formed(t);
  await ordered(coordinator, { enabled: true, force: true });
  t.match(await orderOf(nodes[1]!), { kind: 'enable-authentication', clients: [] });
});

t.test('an agent that refuses says why', async (t) => {
  const { coordinator, id, executor } = await enabled(t);
  const why = reason('clients_without_role', { clients: ['client:x-k3s-m-1'] });
  await reports(executor, {}, { lastMaintenance: { id, outcome: 'failed', reason: why } });
  const state = await stateOf(coordinator);
  t.match(state, { enabled: false, task: null, failure: { id } });
  t.strictSame(reasonsOf(state.failure === null ? [] : [state.failure.reason]), [reason('node_says', { why })]);
  const again = await ordered(coordinator, { enabled: true });
  t.match(await stateOf(coordinator), { task: { id: again }, failure: null });
});

t.test('it is switched off by any voter that serves', async (t) => {
  const { coordinator, nodes } = await formed(t);
  for (const node of nodes) await reports(node, { authenticationOn: true });
  await reports(nodes[2]!, { authenticationOn: true, state: 'crashed' }, { etcd: null });
  const id = await ordered(coordinator, { enabled: false });
  t.strictSame(await orderOf(nodes[1]!), {
    kind: 'disable-authentication',
    id,
    validForSeconds: 90,
    deadlineSeconds: 60,
  });
});

t.test('an order that no report confirms in time is given up', async (t) => {
  const { coordinator, nodes, id } = await enabled(t);
  for (let seconds = 0; seconds <= 130; seconds += 30) {
    coordinator.clock.now += 30_000;
    await reportAll(nodes);
  }
  t.match(await stateOf(coordinator), { task: null, failure: { id, reason: { code: 'not_begun_in_time' } } });
});

t.test('R19: a coordinator that was killed in mid-order waits for the agent, and then says what is true', async (t) => {
  const { coordinator, nodes, id } = await enabled(t);
  await coordinator.restart(async () => {
    coordinator.clock.now += 283_000;
  });
  await coordinator.running.tick();
  t.match(await stateOf(coordinator), { task: { id }, failure: null });
  const executor = nodeWith(coordinator, nodes[1]!);
  const done = { id, outcome: 'done', reason: reason('authentication_enabled') } as const;
  await reports(executor, { authenticationOn: true }, { lastMaintenance: done });
  t.match(await stateOf(coordinator), { enabled: true, task: null, failure: null });
});

t.test('R19: if nobody reports any more, the outcome is unknown', async (t) => {
  const { coordinator, id } = await enabled(t);
  coordinator.clock.now += 283_000;
  await coordinator.running.tick();
  t.match(await stateOf(coordinator), { enabled: null, task: null, failure: { id, unknown: true } });
  const { items } = (await coordinator.admin.get('/v1/events?kind=record-authentication')).json<Page<EventView>>();
  t.match(items, [
    {
      kind: 'record-authentication',
      facts: { executor: 'x-k3s-m-2', enable: true, outcome: 'unknown', reason: { code: 'silent' } },
    },
  ]);
});

const ofThird = (why: Reason) => reason('of_member', { member: 'x-k3s-m-3', why });

const refusals: readonly (readonly [
  why: string,
  body: { readonly enabled: boolean; readonly force?: boolean },
  given: (formed: Formed) => Promise<unknown>,
  cause: Reason,
  advice: Reason,
])[] = [
  [
    'a member has no etcdctl',
    { enabled: true, force: true },
    ({ nodes }) => reports(nodes[2]!, { etcdctlReady: reason('etcdctl_missing') }),
    reason('etcdctl_unready', { members: [ofThird(reason('etcdctl_missing'))] }),
    reason('make_etcdctl_ready'),
  ],
  [
    'an agent does not say whether it has etcdctl',
    { enabled: true, force: true },
    async ({ nodes }) => {
      const { generation } = await nodes[2]!.desiredState();
      const { service, ...status } = voterStatus(nodes[2]!, generation);
      const { etcdctlReady: _ready, ...rest } = service;
      await nodes[2]!.report({ ...status, service: rest });
    },
    reason('etcdctl_unready', { members: [ofThird(reason('etcdctl_unknown'))] }),
    reason('make_etcdctl_ready'),
  ],
  [
    'a voter does not serve',
    { enabled: true, force: true },
    ({ nodes }) => reports(nodes[2]!, { state: 'crashed' }, { etcd: null }),
    reason('all_serve_first', { ailments: [ofThird(reason('etcd_silent', { state: 'crashed' }))] }),
    reason('repeat_when_all_serve', { cluster: 'x-k3s', place: 'elsewhere' }),
  ],
  [
    'another order is under way',
    { enabled: true },
    ({ coordinator }) => ordered(coordinator, { enabled: true }),
    reason('authentication_first'),
    reason('repeat_when_idle', { cluster: 'x-k3s', place: 'elsewhere' }),
  ],
  [
    'no voter reports',
    { enabled: true },
    async ({ coordinator }) => {
      coordinator.clock.now += 3_600_000;
    },
    reason('authentication_unseen'),
    reason('repeat_when_seen', { cluster: 'x-k3s' }),
  ],
];

for (const [why, body, given, cause, advice] of refusals) {
  t.test(`R16: refused: ${why}`, async (t) => {
    const cluster = await formed(t);
    await given(cluster);
    const before = await stateOf(cluster.coordinator);
    const answer = await cluster.coordinator.admin.post(path, body);
    t.equal(answer.status, 409);
    const wanted = body.enabled ? 'on' : 'off';
    t.strictSame(
      answer.json(),
      failure('authentication_refused', { cluster: 'x-k3s', wanted, reason: cause, advice }).toWire(),
    );
    t.strictSame(await stateOf(cluster.coordinator), before);
  });
}

t.test('what is switched as wanted already is not switched again', async (t) => {
  const { coordinator, nodes } = await formed(t);
  const already = (on: boolean) => failure('already_so', { reason: reason('authentication_is', { on }) }).toWire();
  t.strictSame((await coordinator.admin.post(path, { enabled: false })).json(), already(false));
  await reports(nodes[0]!, { authenticationOn: true });
  t.strictSame((await coordinator.admin.post(path, { enabled: true })).json(), already(true));
});

t.test('R16: refused to switch off what keeps Picket out', async (t) => {
  const { coordinator, nodes } = await formed(t);
  for (const node of nodes) await reports(node, { authenticationOn: true }, { etcd: null });
  t.match((await coordinator.admin.post(path, { enabled: false })).json(), wireRefusal('etcd_authentication_on'));
});
