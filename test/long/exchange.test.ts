import t, { type Test } from 'tap';
import { etcdPids } from '../support/etcd-processes.ts';
import type { Fleet } from '../support/fleet.ts';
import { applyMemberNames, cluster, fleetOf, healthy, joinAll } from '../support/fleet-of-test.ts';
import { startTraffic } from '../support/fleet-traffic.ts';
import { until } from '../support/until.ts';

t.test('R3: members are exchanged in pairs, under a writer and a reader', async (t) => {
  const fleet = await fleetOf(t, { members: 5, declared: 3 });
  await joinAll(fleet, named(1, 2, 3));
  await healthy(fleet);
  const traffic = startTraffic(t, fleet);

  await declare(t, fleet, 1, 4, 5);
  t.same(await votersOf(fleet), named(1, 2, 3), 'nobody leaves before somebody comes');
  await joinAll(fleet, named(4));
  const half = async () => {
    const { waitsFor } = await fleet.status(cluster);
    const voters = await votersOf(fleet);
    const isTold = waitsFor.some(({ code, message }) => code === 'leaves_after_newcomer' && /x-k3s-m-5/.test(message));
    return isTold && voters.length === 3 && voters.includes('x-k3s-m-4');
  };
  await until('the first pair is exchanged, and the other one waits', half, { within: 120_000, every: 500 });
  t.equal((await listed(fleet)).length, 3, 'one machine never comes: the count stays odd');

  await joinAll(fleet, named(5));
  await healthy(fleet);
  await until('only they are voters', async () => same(await votersOf(fleet), named(1, 4, 5)), waiting);
  await until('the others are released', async () => same(await nodesOf(fleet), named(1, 4, 5)), waiting);
  for (const name of named(2, 3)) t.same(await etcdPids(fleet.machine(name)), [], `${name} runs no etcd`);
  await traffic.check(t);
});

t.test('R3: an operator changes their mind at each step of an exchange, under a writer and a reader', async (t) => {
  const fleet = await fleetOf(t, { members: 7, declared: 3 });
  await joinAll(fleet, named(1, 2, 3));
  await healthy(fleet);
  const traffic = startTraffic(t, fleet);
  const before = await listed(fleet);

  await declare(t, fleet, 1, 2, 4);
  await declare(t, fleet, 1, 2, 3);
  await healthy(fleet);
  t.same(await listed(fleet), before, 'before the newcomer has joined, nothing has changed');

  // Two more, of which one never comes: the other one rests as a learner, and is taken out again.
  await declare(t, fleet, 1, 2, 3, 4, 5);
  await joinAll(fleet, named(4));
  const rests = async () => (await fleet.status(cluster)).waitsFor.some(({ code }) => code === 'rests_as_learner');
  await until('the fourth rests as a learner', rests, { within: 120_000, every: 200 });
  await declare(t, fleet, 1, 2, 3);
  await until('it is released', async () => same(await nodesOf(fleet), named(1, 2, 3)), waiting);
  await healthy(fleet);
  t.same(await listed(fleet), before, 'the voters have stayed the same');

  // Whatever has happened by then: the learner, or the voter that it has become, leaves, and the third member stays or
  // enters again.
  for (const [number, phase] of [
    [5, 'learner'],
    [6, 'voter'],
  ] as const) {
    await declare(t, fleet, 1, 2, number);
    await joinAll(fleet, named(number));
    await until(`${number} is a ${phase}`, () => isIn(fleet, number, phase), { within: 120_000, every: 50 });
    await changeAtOnce(fleet, 1, 2, 3);
    const isBack = async () => {
      await joinAgain(fleet, 3);
      return !(await isKnown(fleet, number)) && same(await votersOf(fleet), named(1, 2, 3));
    };
    await until('it has left etcd, and the third one votes', isBack, waiting);
    await healthy(fleet);
  }

  // And again: after all, another one.
  await declare(t, fleet, 1, 2, 7);
  await joinAll(fleet, named(7));
  await until('the seventh votes', async () => same(await votersOf(fleet), named(1, 2, 7)), waiting);
  await healthy(fleet);
  t.equal((await listed(fleet)).length, 3);
  await traffic.check(t);
});

const waiting = { within: 180_000, every: 500 } as const;

function named(...numbers: readonly number[]): string[] {
  return numbers.map((number) => `x-k3s-m-${number}`);
}

async function declare(t: Test, fleet: Fleet, ...numbers: readonly number[]): Promise<void> {
  let last = { code: 1 as number | null, stderr: '' };
  const accepted = async () => {
    last = await applyMemberNames(fleet, named(...numbers));
    // An operator repeats the command, as this error says.
    return last.code === 0 || !/it is being added now/.test(last.stderr);
  };
  await until('the change is judged', accepted, { within: 120_000, every: 500 });
  t.equal(last.code, 0, last.stderr);
}

/** The same without a process of its own, so that it meets the step that is seen now. */
async function changeAtOnce(fleet: Fleet, ...numbers: readonly number[]): Promise<void> {
  const members = named(...numbers).map((name) => ({ name, address: fleet.machine(name).address }));
  await fleet.ask(async (api) => {
    const { spec } = await api.cluster({ name: cluster });
    await api.changeCluster({ name: cluster, ifMatch: spec.revision, body: { members } });
  });
}

/** If its node was evicted before it was declared again, its machine is free. */
async function joinAgain(fleet: Fleet, number: number): Promise<void> {
  const [name = ''] = named(number);
  if ((await nodesOf(fleet)).includes(name)) return;
  const machine = fleet.machine(name);
  if (/FREE/.test((await machine.run('status')).stdout)) await machine.join(await fleet.joinString(cluster));
}

async function votersOf(fleet: Fleet): Promise<readonly string[]> {
  const { members } = await fleet.status(cluster);
  const leaving = (await listed(fleet)).map((line) => line.split(', ')[2] ?? '');
  const voting = members.flatMap(({ name, phase }) => (phase === 'voter' ? [name] : []));
  return [...new Set([...voting, ...leaving.filter((name) => members.every((one) => one.name !== name))])].sort();
}

async function isIn(fleet: Fleet, number: number, phase: string): Promise<boolean> {
  const { members } = await fleet.status(cluster);
  return members.some((member) => named(number).includes(member.name) && member.phase === phase);
}

/** By etcd's own list, one line for each member. */
async function listed(fleet: Fleet): Promise<readonly string[]> {
  const { stdout } = await fleet.etcdctl(fleet.machine('x-k3s-m-1'), 'member', 'list');
  return stdout.trim().split('\n').sort();
}

async function isKnown(fleet: Fleet, number: number): Promise<boolean> {
  return (await listed(fleet)).some((line) => line.includes(`x-k3s-m-${number},`));
}

async function nodesOf(fleet: Fleet): Promise<readonly string[]> {
  const { items } = await fleet.ask((api) => api.list('nodes', {}));
  return items.flatMap(({ evictedAt, member }) => (evictedAt === null && member !== null ? [member] : [])).sort();
}

function same(one: readonly string[], other: readonly string[]): boolean {
  return one.join() === other.join();
}
