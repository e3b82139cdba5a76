import { failure } from '@picket/shared/errors.ts';
import type { HistoryView } from '@picket/shared/protocol/history.ts';
import t, { type Test } from 'tap';
import { idleMachine } from '../../../shared/test/samples/node-status.ts';
import { historyKeptEvery } from '../../src/history/history-book.ts';
import { type TestCoordinator, testCoordinator } from '../support/coordinator.ts';
import { createCluster, joinNode, nodeWith, servingAlone, type TestNode } from '../support/nodes.ts';
import { wireRefusal } from '../support/said.ts';
import { formed, reportAll } from '../support/voters.ts';

const minute = 60_000;
const hour = 60 * minute;
const url = '/v1/clusters/x-k3s/history';
const member = 'x-k3s-m-1';

const hot = (temperatureCelsius: number) => ({ machine: { ...idleMachine, temperatureCelsius } });

async function historyOf({ admin }: TestCoordinator, query = ''): Promise<HistoryView> {
  const answer = await admin.get(`${url}${query}`);
  if (answer.status !== 200) throw new Error(answer.text);
  return answer.json<HistoryView>();
}

/** The temperatures of the member. */
async function temperatures(coordinator: TestCoordinator): Promise<readonly (number | null)[] | undefined> {
  const { members } = await historyOf(coordinator, '?metric=temperature');
  return members.find(({ name }) => name === member)?.series[0]?.values;
}

async function scene(t: Test) {
  const coordinator = await testCoordinator(t, Math.floor(Date.now() / hour) * hour);
  await createCluster(coordinator);
  return { coordinator, node: await joinNode(coordinator, 1) };
}

async function reportEvery(node: TestNode, { clock }: TestCoordinator, ms: number, degrees: readonly number[]) {
  for (const temperature of degrees) {
    await node.report(hot(temperature));
    clock.now += ms;
  }
}

t.test('the history has the worst of each 5 min that members reported, by metric', async (t) => {
  const { coordinator, node } = await scene(t);
  const start = coordinator.clock.now;
  await reportEvery(node, coordinator, 2 * minute, [50, 61, 55, 48]);
  coordinator.clock.now += 12 * minute;
  await node.report({ ...hot(44), ...servingAlone('life0001', member) });
  const view = await historyOf(coordinator, `?metric=temperature,db-size&member=${member}`);
  const iso = (ms: number) => new Date(start + ms).toISOString();
  t.same(view, {
    cluster: 'x-k3s',
    since: iso(20 * minute - 24 * hour),
    until: iso(20 * minute),
    stepSeconds: 300,
    members: [
      {
        name: member,
        at: [iso(0), iso(5 * minute), iso(20 * minute)],
        series: [
          { metric: 'temperature', unit: 'celsius', keeps: 'highest', values: [61, 48, 44] },
          { metric: 'db-size', unit: 'bytes', keeps: 'highest', values: [null, null, 20_480] },
        ],
      },
    ],
  });
});

t.test('every declared member is listed, and a span of more than a day is in hours', async (t) => {
  const { coordinator, node } = await scene(t);
  const start = coordinator.clock.now;
  await reportEvery(node, coordinator, 30 * minute, [50, 61, 70]);
  const since = new Date(start - 3 * 24 * hour).toISOString();
  const view = await historyOf(coordinator, `?since=${since}`);
  t.equal(view.stepSeconds, 3600);
  t.same(
    view.members.map(({ name, series }) => [name, series.find(({ metric }) => metric === 'temperature')?.values]),
    [
      [member, [61, 70]],
      ['x-k3s-m-2', []],
      ['x-k3s-m-3', []],
    ],
  );
  t.equal(view.members[0]?.series.length, 6, 'all metrics');
});

t.test('a clean stop stores the history', async (t) => {
  const { coordinator, node } = await scene(t);
  await reportEvery(node, coordinator, 5 * minute, [50, 60]);
  await coordinator.restart();
  t.same(await temperatures(coordinator), [50, 60]);
  await nodeWith(coordinator, node).report(hot(70));
  t.same(await temperatures(coordinator), [50, 60, 70]);
});

t.test('a tick stores it once in 55 min', async (t) => {
  const { coordinator, node } = await scene(t);
  const { inventory, executor } = coordinator.running;
  const { id } = executor.situation('x-k3s').record;
  await reportEvery(node, coordinator, historyKeptEvery - 1, [50]);
  await coordinator.running.tick();
  t.same(await inventory.history.ofCluster(id), []);
  coordinator.clock.now += 1;
  await coordinator.running.tick();
  t.equal((await inventory.history.ofCluster(id)).length, 1);
  t.same(await temperatures(coordinator), [50]);
});

t.test('a member that leaves the declaration, and a deleted cluster, lose their history', async (t) => {
  const { coordinator, nodes } = await formed(t);
  const { admin, running, clock } = coordinator;
  const { inventory, executor } = running;
  const store = async () => {
    clock.now += historyKeptEvery;
    await running.tick();
  };
  const stored = async () => (await inventory.history.places()).map((place) => place.member).sort();
  await reportAll(nodes);
  await store();
  t.same(await stored(), [member, 'x-k3s-m-2', 'x-k3s-m-3']);
  await reportAll(nodes);
  const members = [1, 2, 4].map((number) => ({ name: `x-k3s-m-${number}`, address: `192.168.7.${number + 10}` }));
  const headers = { 'if-match': '"1"' };
  const changed = await admin.request('PATCH', '/v1/clusters/x-k3s', { headers, body: { members } });
  t.equal(changed.status, 200, changed.text);
  await reportAll(nodes);
  t.same(
    (await historyOf(coordinator)).members.map(({ name }) => name),
    [member, 'x-k3s-m-2', 'x-k3s-m-4'],
  );
  await store();
  t.same(await stored(), [member, 'x-k3s-m-2']);

  await createCluster(coordinator, { name: 'other', members: [{ name: 'other-m-1', address: '192.168.7.21' }] });
  const { id } = executor.situation('other').record;
  await inventory.history.keep([{ cluster: id, member: 'other-m-1', ring: Buffer.from('old') }]);
  await store();
  t.same(await stored(), ['other-m-1', member, 'x-k3s-m-2']);
  const deleted = await admin.post('/v1/clusters/other/delete', { confirm: 'other' });
  t.equal(deleted.status, 200, deleted.text);
  await store();
  t.same(await stored(), [member, 'x-k3s-m-2']);
});

t.test('what does not exist is refused by name', async (t) => {
  const { coordinator } = await scene(t);
  const refused = async (path: string) => (await coordinator.admin.get(path)).json();
  t.strictSame(
    await refused(`${url}?metric=temprature`),
    failure('invalid_request', {
      problem: 'querystring/metric has the unknown metric temprature; did you mean temperature?',
    }).toWire(),
  );
  t.match(
    await refused(`${url}?metric=x`),
    wireRefusal('invalid_request', {
      problem: 'unknown metric x; there are db-size, db-in-use, fsync-p99, elections',
    }),
  );
  t.strictSame(
    await refused(`${url}?member=x-k3s-m-9`),
    failure('member_not_declared', {
      cluster: 'x-k3s',
      member: 'x-k3s-m-9',
      declared: 'x-k3s-m-1, x-k3s-m-2, x-k3s-m-3',
      near: 'x-k3s-m-1',
    }).toWire(),
  );
  t.strictSame(
    await refused('/v1/clusters/nowhere/history'),
    failure('not_found', { what: 'cluster', name: 'nowhere' }).toWire(),
  );
});
