import type { ClusterStatusView } from '@picket/shared/protocol/clusters.ts';
import type { JoinRequest } from '@picket/shared/protocol/join.ts';
import Sqlite from 'better-sqlite3';
import t, { type Test } from 'tap';
import { readyStatus } from '../../../shared/test/samples/node-status.ts';
import { placesIn } from '../../src/files/data-dir.ts';
import { type TestCoordinator, testCoordinator } from '../support/coordinator.ts';
import {
  changeTuning,
  createCluster,
  createToken,
  joinNode,
  joinRequest,
  nodeWith,
  servingAlone,
  type TestNode,
} from '../support/nodes.ts';

const layout = { etcDir: '/etc/etcd', dataRoot: '/var/lib/etcd', logFile: '/var/log/etcd/etcd.log' };
const undated = {
  purpose: 'client',
  serial: 'ab',
  notBefore: '2026-99-99T00:00:00Z',
  notAfter: '2027-99-99T00:00:00Z',
} as const;
const upwards = { ...layout, logFile: '/var/log/../etcd.log' };

/** A founder that serves, and a node that has joined beside it. */
async function founded(t: Test) {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const founder = await joinNode(coordinator, 1);
  await founder.report();
  const serving = servingAlone((await founder.desiredState()).etcd?.incarnation ?? '', founder.name);
  await founder.report(serving);
  return { coordinator, founder, serving };
}

async function joinAgain(
  coordinator: TestCoordinator,
  node: TestNode,
  number: number,
  facts: Partial<JoinRequest['node']>,
) {
  const { joinString } = await createToken(coordinator);
  return coordinator.stranger.post('/v1/join', joinRequest(joinString, node.key, number, facts));
}

async function statusOf(coordinator: TestCoordinator): Promise<ClusterStatusView> {
  return (await coordinator.admin.get('/v1/clusters/x-k3s/status')).json<ClusterStatusView>();
}

/** Changes the store while the coordinator is stopped. */
function inStore(coordinator: TestCoordinator, change: (database: Sqlite.Database) => void): Promise<void> {
  return coordinator.restart(async () => {
    const database = new Sqlite(placesIn(coordinator.config.dataDir).database);
    change(database);
    database.close();
  });
}

t.test('R18: folders from which no conf.yml can be made are refused, and nothing of them is stored', async (t) => {
  const { coordinator, founder } = await founded(t);
  const answer = await joinAgain(coordinator, founder, 1, { layout: upwards });
  t.equal(answer.status, 422);
  t.match(answer.json(), { code: 'layout_invalid', details: { member: 'x-k3s-m-1', problem: /^log-outputs: / } });
  t.match((await coordinator.running.inventory.nodes.find(founder.id))?.facts, { layout });
  await changeTuning(coordinator, 1, { heartbeatIntervalMs: 250 });
});

t.test('R18: a machine that joins for the first time with such folders makes no node', async (t) => {
  const { coordinator, founder } = await founded(t);
  const other = await joinNode(coordinator, 2);
  await coordinator.admin.post(`/v1/nodes/${other.id}/evict`);
  const { joinString } = await createToken(coordinator);
  const request = joinRequest(joinString, founder.key, 1, { layout: upwards });
  const fresh = await coordinator.stranger.post('/v1/join', {
    ...request,
    node: { ...request.node, name: 'x-k3s-m-3' },
  });
  t.not(fresh.status, 200);
  t.equal((await coordinator.running.inventory.nodes.all()).length, 2);
});

t.test('R4: the folders of a member stay as they are while its etcd lives in them', async (t) => {
  const { coordinator, founder } = await founded(t);
  const elsewhere = { ...layout, dataRoot: '/srv/etcd' };
  const answer = await joinAgain(coordinator, founder, 1, { layout: elsewhere });
  t.match(answer.json(), { code: 'layout_fixed', details: { member: 'x-k3s-m-1', etcDir: /^\/etc\/etcd/ } });
  t.equal(
    (await joinAgain(coordinator, founder, 1, { agentVersion: '0.1.1' })).status,
    200,
    'other new facts are accepted',
  );
});

t.test('a node that has no incarnation yet may come with other folders', async (t) => {
  const { coordinator } = await founded(t);
  const second = await joinNode(coordinator, 2);
  const elsewhere = { ...layout, dataRoot: '/srv/etcd' };
  t.equal((await joinAgain(coordinator, second, 2, { layout: elsewhere })).status, 200);
});

t.test('R18: a desired state that cannot be rendered fails only for that node', async (t) => {
  const { coordinator, founder, serving } = await founded(t);
  const second = await joinNode(coordinator, 2);
  const facts = JSON.stringify({
    ...joinRequest((await createToken(coordinator)).joinString, second.key, 2).node,
    layout: upwards,
  });
  await inStore(coordinator, (database) =>
    database.prepare('update nodes set facts = ? where id = ?').run(facts, founder.id),
  );
  await coordinator.running.tick();
  await changeTuning(coordinator, 1, { heartbeatIntervalMs: 250 });
  const answers = await Promise.all([
    nodeWith(coordinator, founder).report(serving),
    nodeWith(coordinator, second).report(),
  ]);
  t.same(
    answers.map(({ status }) => status),
    [200, 200],
  );
  const poll = await nodeWith(coordinator, founder).client.get('/v1/node/desired-state');
  t.match(poll.json(), { code: 'state_not_rendered' }, 'its present state is not reported as the newest');
  t.equal((await nodeWith(coordinator, second).desiredState()).nodeId, second.id);
  const { notices } = await statusOf(coordinator);
  t.match(
    notices.find(({ code }) => code === 'not_rendered'),
    { facts: { name: 'x-k3s-m-1', why: { code: 'picket_error', facts: { error: 'etcd_config_invalid' } } } },
  );
  await coordinator.running.tick();
  const { items } = (await coordinator.admin.get('/v1/events')).json<{ items: { kind: string }[] }>();
  t.equal(items.filter(({ kind }) => kind === 'state-not-rendered').length, 1, 'told once');
});

t.test('R5: a damaged published state does not lower the generation, nor keep the others from theirs', async (t) => {
  const { coordinator, founder } = await founded(t);
  const second = await joinNode(coordinator, 2);
  const { generation } = await founder.desiredState();
  await inStore(coordinator, (database) =>
    database.prepare('update publications set document = ? where "nodeId" = ?').run('{"inventory', founder.id),
  );
  await coordinator.running.tick();
  t.equal((await nodeWith(coordinator, founder).desiredState()).generation, generation + 1);
  t.equal((await nodeWith(coordinator, second).desiredState()).nodeId, second.id);
});

t.test('R5: one whose seal is damaged is made again, and freezes nothing', async (t) => {
  const { coordinator, founder, serving } = await founded(t);
  const { generation, seal, inventory } = await founder.desiredState();
  await inStore(coordinator, (database) =>
    database.prepare('update publications set document = replace(document, ?, ?)').run(seal, 'A'.repeat(64)),
  );
  const again = nodeWith(coordinator, founder);
  await again.report({ ...serving, agent: { ...readyStatus().agent, inventory, generationSeen: generation, seal } });
  t.not((await statusOf(coordinator)).state, 'frozen');
  t.match(await again.desiredState(), { generation: generation + 1, priorSeals: [] });
});

for (const [what, status] of Object.entries({
  'is damaged': '{"agent',
  'holds a count that no node reaches': JSON.stringify({
    ...readyStatus(),
    agent: { ...readyStatus().agent, generationSeen: 2 ** 53 },
  }),
  'holds an impossible date': JSON.stringify({ ...readyStatus(), certificates: [undated] }),
})) {
  t.test(`R18: a stored report that ${what} does not count, and stops nothing`, async (t) => {
    const { coordinator, founder, serving } = await founded(t);
    await coordinator.running.tick();
    await inStore(coordinator, (database) => database.prepare('update reports set status = ?').run(status));
    t.equal((await statusOf(coordinator)).members[0]?.status, null);
    t.equal((await coordinator.admin.get('/v1/certificates/in-force')).status, 200);
    t.equal((await nodeWith(coordinator, founder).report(serving)).status, 200);
  });
}

t.test('R18: a report with a count that no node reaches is refused', async (t) => {
  const { coordinator, founder, serving } = await founded(t);
  const etcd = serving.etcd && { ...serving.etcd, membersAsOf: 2 ** 53 - 1 };
  t.equal((await founder.report({ ...serving, etcd })).status, 400);
  t.equal((await statusOf(coordinator)).state, 'forming');
});

t.test('R18: a report with an impossible date is refused, and the certificates are listed', async (t) => {
  const { coordinator, founder, serving } = await founded(t);
  t.equal((await founder.report({ ...serving, certificates: [undated] })).status, 400);
  for (const query of ['', '?cluster=x-k3s'])
    t.equal((await coordinator.admin.get(`/v1/certificates/in-force${query}`)).status, 200);
  t.equal((await statusOf(coordinator)).state, 'forming');
});

t.test('R18: a cluster that fails does not delay the others', async (t) => {
  const { coordinator, founder, serving } = await founded(t);
  const members = ['4', '5', '6'].map((last) => ({ name: `y-k3s-m-${last}`, address: `192.168.8.1${last}` }));
  await createCluster(coordinator, { name: 'y-k3s', members });
  await inStore(coordinator, (database) =>
    database.exec("update clusters set progress = json_set(progress, '$.gone', json('null')) where name = 'x-k3s'"),
  );
  t.equal((await nodeWith(coordinator, founder).report(serving)).status, 500);
  await t.rejects(coordinator.running.tick(), TypeError);
  const other = (await coordinator.admin.get('/v1/clusters/y-k3s/status')).json<ClusterStatusView>();
  t.match(other.waitsFor[0], { code: 'first_to_join' });
});

t.test('R18: a member cannot have a name that every JavaScript object has', async (t) => {
  const coordinator = await testCoordinator(t);
  const members = [{ name: 'constructor', address: '192.168.7.11' }];
  const answer = await coordinator.admin.post('/v1/clusters', {
    name: 'x-k3s',
    domain: 'edge.huatai.me',
    members,
  });
  t.equal(answer.status, 400);
  t.match(answer.json(), {
    details: { problem: /the member name "constructor" is not possible: choose another name/ },
  });
});

t.test('R15: a run with a too high number is forgotten once the node joins again', async (t) => {
  const { coordinator, founder, serving } = await founded(t);
  const basis = { sequence: 1, basis: null, changed: { ...readyStatus(), ...serving } };
  t.equal((await founder.client.post('/v1/node/report', { ...basis, run: 2 ** 40 })).status, 200);
  t.match((await founder.report(serving)).json(), { code: 'report_superseded' });
  t.equal((await joinAgain(coordinator, founder, 1, {})).status, 200);
  t.equal((await founder.report(serving)).status, 200);
});
