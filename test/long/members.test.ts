import t from 'tap';
import { etcdPids } from '../support/etcd-processes.ts';
import type { Machine } from '../support/fleet.ts';
import { applyMembers, cluster, fleetOf, healthy, joinAll } from '../support/fleet-of-test.ts';
import { startTraffic } from '../support/fleet-traffic.ts';
import { until } from '../support/until.ts';

t.test('R3: a cluster goes from one to three, five, three and one members under a writer and a reader', async (t) => {
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

  // One that is to leave has no power; the others leave all the same, and it does no harm when it is back.
  const fifth = fleet.machine('x-k3s-m-5');
  await fifth.stopAgent('SIGKILL');
  for (const pid of await etcdPids(fifth)) process.kill(pid, 'SIGKILL');
  await until('it counts as silent', async () => (await fleet.status(cluster)).state === 'at-risk', {
    within: 90_000,
    every: 1000,
  });
  const shrunk = await applyMembers(fleet, 3);
  t.match([shrunk.code, shrunk.stdout], [0, /Its certificates for etcd stay valid until they expire/], shrunk.stderr);
  const listed = async () => {
    const [first] = fleet.machines as [Machine];
    const { stdout } = await fleet.etcdctl(first, 'member', 'list');
    return stdout.trim().split('\n').length;
  };
  await until('etcd has three members', async () => (await listed()) === 3, { within: 180_000, every: 1000 });
  await healthy(fleet);
  fifth.startAgent();
  const released = async () => {
    const { items } = await fleet.ask((api) => api.list('nodes', {}));
    return items.filter(({ evictedAt }) => evictedAt === null).map(({ member }) => member);
  };
  await until('the nodes of both are released', async () => (await released()).length === 3, {
    within: 120_000,
    every: 1000,
  });
  for (const name of names.slice(3)) t.same(await etcdPids(fleet.machine(name)), [], `${name} runs no etcd`);

  const one = await applyMembers(fleet, 1);
  t.equal(one.code, 0, one.stderr);
  await until('etcd has one member', async () => (await listed()) === 1, { within: 180_000, every: 1000 });
  await healthy(fleet);
  t.same(await voters(), names.slice(0, 1));
  await traffic.check(t);
});
