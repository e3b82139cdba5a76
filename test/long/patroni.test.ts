import { join } from 'node:path';
import t from 'tap';
import type { Machine } from '../support/fleet.ts';
import { applyMemberNames, applyMembers, cluster, fleetOf, healthy, joinAll } from '../support/fleet-of-test.ts';
import { type Patroni, startPatroni } from '../support/patroni.ts';
import { until } from '../support/until.ts';

interface Seen {
  readonly members: readonly {
    readonly name: string;
    readonly role: string;
    readonly state: string;
    readonly timeline: number;
  }[];
}

t.test('Patroni keeps its leader through a rolling restart, a hold, a growth and a replacement', async (t) => {
  const fleet = await fleetOf(t, { members: 6, declared: 3, clients: 1 });
  const names = fleet.machines.map(({ name }) => name);
  const members = names.slice(0, 6);
  await joinAll(fleet, members.slice(0, 3));
  await healthy(fleet);
  const client = fleet.machine('x-k3s-c-1');
  t.equal((await client.join(await fleet.joinString(cluster, '--client'), { args: ['--client'] })).code, 0);
  client.startAgent();
  const waited = await client.run('wait');
  t.equal(waited.code, 0, waited.stderr);

  const etcd = members.slice(0, 3).map((name) => fleet.machine(name).clientUrl);
  const patronis: Patroni[] = [];
  t.teardown(() => Promise.all(patronis.map((one) => one.process.stop())));
  t.teardown(() => {
    if (!t.passing()) for (const { process } of patronis) t.comment(process.log().slice(-6000));
  });
  const network = client.address.replace(/\.\d+$/, '');
  for (const number of [1, 2]) {
    const name = `pg-${number}`;
    const address = `${network}.${200 + number}`;
    patronis.push(await startPatroni({ folder: join(fleet.folder, name), name, address, etcd, etcDir: client.etcDir }));
    // The first one begins the database; the second one copies it.
    await until(`${name} runs`, async () => (await seen()).some((member) => member.name === name && runs(member)), {
      within: 240_000,
      every: 500,
    });
  }

  async function seen(): Promise<Seen['members']> {
    const [first] = patronis as [Patroni];
    return ((await first.ask('/cluster')) as Seen).members;
  }

  async function keptItsLeader(when: string): Promise<void> {
    const told = (await seen()).map(({ name, role, timeline }) => `${name} ${role} ${timeline}`);
    t.strictSame(told.sort(), ['pg-1 leader 1', 'pg-2 replica 1'], when);
    for (const { process } of patronis) t.notMatch(process.log(), /demot|is not accessible/i, when);
  }

  await keptItsLeader('at first');

  const set = await fleet.picket('cluster', 'set', cluster, 'snapshotCount=20000');
  t.equal(set.code, 0, set.stderr);
  await until('the rollout is over', async () => (await fleet.status(cluster)).rollout === null, { every: 500 });
  await healthy(fleet);
  await keptItsLeader('after a rolling restart');

  const leader = await leaderOf();
  const held = await fleet.picket('member', 'hold', cluster, leader.name, '--stop');
  t.equal(held.code, 0, held.stderr);
  await until('its etcd is down', async () => (await fleet.status(cluster)).state === 'at-risk', { every: 500 });
  // Longer than the lease of Patroni's leader: it must have renewed it meanwhile.
  const renewed = await leaseOf();
  await until('Patroni has renewed its lease often', async () => (await leaseOf()) >= renewed + 4, { every: 1000 });
  t.equal((await fleet.picket('member', 'release', cluster, leader.name)).code, 0);
  await healthy(fleet);
  await keptItsLeader('after a hold of the leader of etcd');

  const grown = await applyMembers(fleet, 5);
  t.equal(grown.code, 0, grown.stderr);
  await joinAll(fleet, members.slice(3, 5));
  await healthy(fleet, 180_000);
  await keptItsLeader('after a growth from three to five');

  const exchanged = await applyMemberNames(fleet, members.slice(1));
  t.equal(exchanged.code, 0, exchanged.stderr);
  await joinAll(fleet, members.slice(5));
  await until(
    'the first one has left',
    async () => (await fleet.status(cluster)).members.every(({ name }) => name !== members[0]),
    { every: 1000 },
  );
  await healthy(fleet, 180_000);
  await keptItsLeader('after a replacement');

  async function leaderOf(): Promise<Machine> {
    const { members } = await fleet.status(cluster);
    const found =
      members.find(({ status }) => status?.etcd !== null && status?.etcd?.leader === status?.etcd?.memberId)?.name ??
      '';
    return fleet.machine(found);
  }

  /** How often Patroni's leader has written its state, by etcd's count. */
  async function leaseOf(): Promise<number> {
    const answered = fleet.machines.find(
      ({ name }) => name !== leader.name && members.slice(0, 3).includes(name),
    ) as Machine;
    const { stdout } = await fleet.etcdctl(answered, 'get', '/service/app/status', '--write-out=json');
    return (JSON.parse(stdout) as { kvs: { version: number }[] }).kvs[0]?.version ?? 0;
  }
});

function runs({ role, state }: Seen['members'][number]): boolean {
  return (role === 'leader' && state === 'running') || (role === 'replica' && state === 'streaming');
}
