import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { etcdPids } from '../support/etcd-processes.ts';
import type { Machine } from '../support/fleet.ts';
import { cluster, fleetOf, healthy, joinAll } from '../support/fleet-of-test.ts';
import { until } from '../support/until.ts';

t.jobs = 2;

t.test('R3: two have joined, and status says that the third is waited for', async (t) => {
  const fleet = await fleetOf(t);
  await joinAll(fleet, ['x-k3s-m-1']);
  await until('the first has founded', async () => (await fleet.status(cluster)).clusterId, {
    within: 60_000,
    every: 300,
  });
  await joinAll(fleet, ['x-k3s-m-2']);
  const waits = await until(
    'the second stays a learner',
    async () => {
      const { members, waitsFor } = await fleet.status(cluster);
      return (
        members[1]?.phase === 'learner' &&
        waitsFor.some(({ message }) => message.includes('stays a learner')) &&
        waitsFor
      );
    },
    { within: 60_000, every: 500 },
  );
  t.same(
    waits.map(({ message }) => message),
    [
      'x-k3s-m-3 (it has not joined) to be ready; until then x-k3s-m-2 stays a learner, because 2 voters are no safer than 1: with either number, etcd stops if 1 of them fails',
    ],
  );
  const [first] = fleet.machines as [Machine];
  t.equal((await fleet.etcdctl(first, 'put', 'served', 'meanwhile')).code, 0, 'the founder serves meanwhile');

  await joinAll(fleet, ['x-k3s-m-3']);
  await healthy(fleet);
  const third = fleet.machine('x-k3s-m-3');
  t.equal((await fleet.etcdctl(third, 'get', 'served', '--print-value-only')).stdout.trim(), 'meanwhile');
});

t.test('R1: a formation is abandoned by name while its founder is alone, and never after', async (t) => {
  const fleet = await fleetOf(t);
  const [founder] = fleet.machines as [Machine];
  const clusterId = async (): Promise<string | null> => (await fleet.status(cluster)).clusterId;
  await joinAll(fleet, [founder.name]);
  const first = await until('it has founded', clusterId, { within: 60_000, every: 300 });
  const [incarnation] = await readdir(join(founder.stateDir, 'etcd'));
  const [pid] = await etcdPids(founder);

  const unnamed = await fleet.picket('cluster', 'reset', cluster, '--yes');
  t.match(
    [unnamed.code, unnamed.stderr],
    [1, /so the cluster served at that time.*--confirm x-k3s/s],
    'R16: it serves',
  );
  const reset = await fleet.picket('cluster', 'reset', cluster, '--confirm', cluster);
  t.equal(reset.code, 0, reset.stderr);
  const second = await until(
    'it has founded again',
    async () => {
      const id = await clusterId();
      return id !== first && id;
    },
    { within: 60_000, every: 300 },
  );
  t.not(second, first, 'it is another cluster');
  t.notSame(await etcdPids(founder), [pid], 'the abandoned etcd was stopped');
  t.ok((await readdir(join(founder.stateDir, 'etcd'))).includes(incarnation ?? ''), 'its data is still there');

  await joinAll(fleet, ['x-k3s-m-2', 'x-k3s-m-3']);
  await healthy(fleet);
  const refused = await fleet.picket('cluster', 'reset', cluster, '--yes');
  t.equal(refused.code, 1);
  t.match(refused.stderr, 'The formation of x-k3s cannot be reset: it has, or may have, a second voter.');
});
