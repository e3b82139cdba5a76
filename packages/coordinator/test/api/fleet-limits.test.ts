import { failure } from '@picket/shared/errors.ts';
import t from 'tap';
import { configDefaults } from '../../src/config/config.ts';
import { requireRoom } from '../../src/declaration/fleet-limits.ts';
import { makeSpec } from '../../src/declaration/make-spec.ts';
import type { Client } from '../support/client.ts';
import { testCoordinator } from '../support/coordinator.ts';
import { seedCluster } from '../support/nodes.ts';
import { wireRefusal } from '../support/said.ts';
import { formed } from '../support/voters.ts';

const limits = { ...configDefaults.limits, clusters: 3, declaredMembers: 8 };
const members = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ name: `m-${index}`, address: `192.168.8.${index + 1}` }));
const smallest = (number: number) => seedCluster({ name: `c-${number}`, members: members(1) });

t.test(
  'R18: clusters beyond the limit are refused, also at the same time; a deleted one leaves its place',
  async (t) => {
    const coordinator = await testCoordinator(t, Date.now(), { limits });
    const { admin } = coordinator;
    // Each on its own connection, so that the coordinator works on all of them together.
    const makers: Client[] = [];
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f'])
      makers.push(coordinator.client(await coordinator.credentials('operator', name)));
    await Promise.all(makers.map((maker) => maker.get('/v1/clusters')));
    const answers = await Promise.all(makers.map((maker, number) => maker.post('/v1/clusters', smallest(number))));
    const statuses = answers.map(({ status }) => status);
    t.strictSame(
      [201, 409].map((code) => statuses.filter((status) => status === code).length),
      [3, 3],
    );
    const refused = statuses.indexOf(409);
    t.strictSame(answers[refused]?.json(), failure('too_many_clusters', { cluster: `c-${refused}`, most: 3 }).toWire());
    const made = `c-${answers.findIndex(({ status }) => status === 201)}`;
    t.equal((await admin.post(`/v1/clusters/${made}/delete`, { confirm: made })).status, 200);
    t.equal((await admin.post('/v1/clusters', smallest(7))).status, 201);
  },
);

t.test('R18: declared members beyond the limit of all clusters are refused, at first and later', async (t) => {
  const { coordinator } = await formed(t, 3, { limits });
  const { admin } = coordinator;
  t.strictSame(
    (await admin.post('/v1/clusters', seedCluster({ name: 'second', members: members(6) }))).json(),
    failure('too_many_members', { cluster: 'second', wanted: 6, left: 5, most: 8 }).toWire(),
  );
  t.equal((await admin.post('/v1/clusters', seedCluster({ name: 'second', members: members(4) }))).status, 201);
  const grow = (by: number) =>
    admin.request('PATCH', '/v1/clusters/x-k3s', {
      headers: { 'if-match': '"1"' },
      body: { members: [...seedCluster().members, ...members(by)] },
    });
  t.match((await grow(2)).json(), wireRefusal('too_many_members', { left: 4 }));
  t.equal((await grow(1)).status, 200);
});

t.test('R18: a fleet that is larger than a limit stays, and may become smaller', (t) => {
  const spec = (name: string, count: number) => makeSpec(seedCluster({ name, members: members(count) }));
  const present = [spec('a', 5), spec('b', 5)];
  const judged = (wanted: ReturnType<typeof spec>) => requireRoom(present, wanted, { ...limits, clusters: 1 });
  t.throws(() => judged(spec('a', 6)), { code: 'too_many_members' });
  for (const count of [5, 4]) t.doesNotThrow(() => judged(spec('a', count)));
  t.throws(() => judged(spec('c', 1)), { code: 'too_many_clusters' });
  t.end();
});
