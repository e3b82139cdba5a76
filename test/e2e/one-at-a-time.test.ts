import t from 'tap';
import { EtcdWatch } from '../support/etcd-processes.ts';
import { cluster, fleetOf, healthy, joinAll } from '../support/fleet-of-test.ts';
import { isReason } from '../support/told.ts';
import { until } from '../support/until.ts';

t.test('R2: a cluster of two restarts nothing until an operator allows downtime', async (t) => {
  const fleet = await fleetOf(t, { members: 2 });
  await joinAll(fleet);
  await healthy(fleet);
  const watch = new EtcdWatch();
  await watch.look(fleet.machines);
  await fleet.picket('cluster', 'set', cluster, 'heartbeatIntervalMs=120');
  const waits = await until(
    'status says what it waits for',
    async () => (await fleet.status(cluster)).waitsFor.find(isReason('revision_needs_downtime')),
    { within: 30_000, every: 500 },
  );
  t.match(waits.facts, { count: 2, revision: 2 });
  await watch.look(fleet.machines);
  t.same(watch.replaced, [], 'no etcd was restarted');

  await fleet.picket('cluster', 'set', cluster, 'allowDowntime=true');
  await until(
    'both have been restarted',
    async () => {
      await watch.look(fleet.machines);
      return watch.replaced.length === 2;
    },
    { within: 90_000, every: 300 },
  );
});
