import t from 'tap';
import { applyMembers, cluster, fleetOf, healthy, joinAll } from '../support/fleet-of-test.ts';
import { startTraffic } from '../support/fleet-traffic.ts';
import { until } from '../support/until.ts';

t.test('R3: a cluster grows from one to three and to five members under a writer and a reader', async (t) => {
  const fleet = await fleetOf(t, { members: 5, declared: 1 });
  const names = fleet.machines.map(({ name }) => name);
  const voters = async () =>
    (await fleet.status(cluster)).members.flatMap(({ name, phase }) => (phase === 'voter' ? [name] : []));
  await joinAll(fleet, names.slice(0, 1));
  await healthy(fleet);
  const traffic = startTraffic(t, fleet);

  const three = await applyMembers(fleet, 3);
  t.equal(three.code, 0, three.stderr);
  await joinAll(fleet, names.slice(1, 2));
  await until(
    'the second rests as a learner',
    async () => (await fleet.status(cluster)).waitsFor.some(({ code }) => code === 'rests_as_learner'),
    { within: 60_000, every: 500 },
  );
  t.same(await voters(), names.slice(0, 1), 'it does not vote before the third can follow');
  await joinAll(fleet, names.slice(2, 3));
  await healthy(fleet);
  t.same(await voters(), names.slice(0, 3));

  const five = await applyMembers(fleet, 5);
  t.match(five.stdout, /Next, run `picket token create x-k3s --uses 2`/);
  await joinAll(fleet, names.slice(3));
  await healthy(fleet);
  t.same(await voters(), names);
  await traffic.check(t);
});
