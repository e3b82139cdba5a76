import type { Server } from 'node:net';
import type { EventView } from '@picket/shared/protocol/events.ts';
import t from 'tap';
import { impatientCoordinator } from '../support/changed-coordinator.ts';
import { etcdPids } from '../support/etcd-processes.ts';
import type { Fleet, Machine } from '../support/fleet.ts';
import { cluster, fleetOf, healthy, joinAll } from '../support/fleet-of-test.ts';
import { keepDown } from '../support/keep-down.ts';
import { programs } from '../support/programs.ts';
import { until } from '../support/until.ts';

/** Kinds of events about conditions; others are of operators, steps and identities. */
const ofConditions =
  /^(?:node-(?:silent|returned)|agent-|etcd-restarted|voter-(?:up|down)|data-|disk-|clock-|quorum-|leader-|more-)/;

t.test('the events tell what happens to nodes and to etcd', async (t) => {
  const coordinator = await impatientCoordinator(t.testdir(), { freshFor: 12_000, longestAgentPause: 10_000 });
  const fleet = await fleetOf(t, { programs: { ...programs, coordinator } });
  await joinAll(fleet);
  await healthy(fleet);
  const [, second, third] = fleet.machines as [Machine, Machine, Machine];

  await t.test('a formation has no such event', async (t) => {
    t.same(
      (await conditionsOf(fleet)).map(({ kind, facts }) => ({ kind, facts })),
      [],
    );
  });

  await t.test('an etcd that was killed, and that its agent has started again', async (t) => {
    await kill(third);
    const { facts } = await told(fleet, 'etcd-restarted', { member: third.name });
    t.match(facts, { member: third.name, times: 1 });
    await healthy(fleet);
  });

  await t.test('an agent that is silent and returns, across a restart of the coordinator', async (t) => {
    await third.stopAgent('SIGKILL');
    const { id } = await told(fleet, 'node-silent', { name: third.name });
    await fleet.stopCoordinator('SIGKILL');
    await fleet.startCoordinator();
    third.startAgent();
    const { facts } = await told(fleet, 'node-returned', { name: third.name });
    t.match(facts, { name: third.name, restarted: true });
    const silences = (await conditionsOf(fleet)).filter(({ kind }) => kind === 'node-silent');
    t.same(
      silences.map((event) => event.id),
      [id],
      'no other node was called silent, and this one once',
    );
    await healthy(fleet);
  });

  await t.test('a quorum that is lost, and regained', async (t) => {
    const takers = await Promise.all([second, third].map((machine) => keepDown(t, fleet, machine)));
    const lost = await told(fleet, 'quorum-lost', {});
    t.match(lost.facts, { all: 3, quorum: 2 });
    await Promise.all(takers.map(release));
    const regained = await told(fleet, 'quorum-regained', {});
    t.match(regained.facts, { known: true });
    await healthy(fleet);
  });

  await t.test('`picket events` tells of one node what happened in the last hour', async (t) => {
    const { code, stdout } = await fleet.picket('events', cluster, '--node', third.name, '--since', '1h', '--verbose');
    t.equal(code, 0);
    // Whoever is ready first founds the cluster.
    const kinds = ['node-joined', 'record-(?:voter|cluster)', 'etcd-restarted', 'node-silent', 'node-returned'];
    t.match(stdout, new RegExp(kinds.join('[^]*')));
    t.notMatch(stdout, new RegExp(`etcd-restarted .*${second.name}`));
  });
});

/** The events of conditions, the earliest first. */
async function conditionsOf(fleet: Fleet): Promise<readonly EventView[]> {
  const { items } = await fleet.ask((api) => api.list('events', { cluster }));
  return items.filter(({ kind }) => ofConditions.test(kind)).reverse();
}

/** Waits for the event of this kind with these facts. */
async function told(fleet: Fleet, kind: string, facts: Readonly<Record<string, string>>): Promise<EventView> {
  let last: readonly EventView[] = [];
  const event = await until(
    kind,
    async () => {
      last = await conditionsOf(fleet);
      const fits = (event: EventView) =>
        Object.entries(facts).every(([name, value]) => (event.facts as Record<string, unknown>)[name] === value);
      return last.find((event) => event.kind === kind && fits(event)) ?? false;
    },
    { within: 90_000, every: 300, lastSeen: () => last.map(({ message }) => message).join('\n') },
  );
  return event;
}

async function kill(machine: Machine): Promise<void> {
  for (const pid of await etcdPids(machine)) process.kill(pid, 'SIGKILL');
}

function release(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}
