import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import type { Attack } from '../adversary/all-at-once.ts';
import {
  certificateRequest,
  deafReaders,
  type Held,
  idleConnections,
  pipelined,
  silentConnections,
  unfinishedBodies,
} from '../adversary/attackers.ts';
import { forgeries } from '../adversary/forgeries.ts';
import { harmTo, knownConnections, operatorOf, type Scene, sceneOf } from '../adversary/scene.ts';
import { slowestAnswer } from '../adversary/slowest-answer.ts';
import { changedCoordinator } from '../support/changed-coordinator.ts';
import { startInBackground } from '../support/children.ts';
import { cluster } from '../support/fleet-of-test.ts';
import { until } from '../support/until.ts';

t.setTimeout(600_000);

/** 20 addresses, as if so many machines took part. */
const from = Array.from({ length: 20 }, (_, index) => `127.0.0.${index + 1}`);
/** The default of coordinator.yml, and the connections of agent and operator. */
const most = 512 + knownConnections;
/** What is promised to agents and operators while others attack. */
const promisedMs = 2000;
const attackMs = 20_000;
const certificates = await certificateRequest();

const floods: readonly (readonly [what: string, open: (scene: Scene) => Promise<Held>])[] = [
  ['900 unfinished bodies', ({ victim }) => unfinishedBodies(victim, '/v1/join', { count: 900, from, bytes: 32_768 })],
  ['5,500 idle TLS connections', ({ victim }) => idleConnections(victim, { count: 5500, from })],
  ['5,500 silent connections', ({ victim }) => silentConnections(victim, { count: 5500, from })],
  ['1,000 clients that never read', ({ victim }) => deafReaders(victim, '/openapi.json', { count: 1000, from })],
];

t.test('R18: with its default limits the coordinator outlasts every flood', async (t) => {
  const scene = await sceneOf(t, {});
  for (const [what, open] of floods) {
    await t.test(what, async (t) => {
      let connections = 0;
      const aftermath = await scene.during(async () => {
        const held = await open(scene);
        connections = await scene.connections();
        held.release();
      });
      t.ok(connections <= most, `${connections} connections`);
      t.same(harmTo(aftermath), []);
    });
  }
  await t.test('600 certificates for one node', async (t) => {
    let statuses: readonly number[] = [];
    const aftermath = await scene.during(async () => {
      statuses = await pipelined(scene.victim, scene.traitor, certificates, { count: 600 });
    });
    t.ok((tally(statuses)[200] ?? 0) < 200, JSON.stringify(tally(statuses)));
    t.same(harmTo(aftermath), []);
  });
});

t.test(
  'R18: with all attacks at the same time, agent and operator are answered within the promised time',
  async (t) => {
    const scene = await sceneOf(t, { traitors: 12 });
    const { fleet, victim, traitors, agent } = scene;
    // Pages of events that are large.
    for (let count = 0; count < 500; count += 1) await fleet.ask((api) => api.createToken({ cluster }));
    const viewers = await Promise.all(['eve', 'mallory'].map((name) => operatorOf(fleet, name, 'viewer')));
    const grace = await operatorOf(fleet, 'grace', 'admin');
    const heidi = await operatorOf(fleet, 'heidi', 'admin');
    const file = join(fleet.folder, 'attack.json');
    await writeFile(file, JSON.stringify({ victim, nodes: traitors, viewers, cluster } satisfies Attack));
    const status = `/v1/clusters/${cluster}/status`;
    const poll = '/v1/node/desired-state?wait=0';

    const aftermath = await scene.during(async () => {
      // It leaves the coordinator a core, as an attacker on another machine does.
      const attack = startInBackground(
        'taskset',
        ['-c', '0', process.execPath, join(import.meta.dirname, '../adversary/all-at-once.ts'), file],
        join(fleet.folder, 'attack.log'),
      );
      await until('the attack has begun', () => attack.log().includes('begun'), { within: 30_000 });
      const watched = [
        ['a poll', slowestAnswer(victim, agent, poll, { keepAlive: true })],
        ['a poll on a new connection', slowestAnswer(victim, agent, poll, { keepAlive: false })],
        ['the status', slowestAnswer(victim, grace, status, { keepAlive: true })],
        ['the status on a new connection', slowestAnswer(victim, heidi, status, { keepAlive: false })],
      ] as const;
      await sleep(attackMs);
      for (const [what, asking] of watched) {
        const { slowestMs, answered, refused } = await asking.stop();
        t.same(refused, [], what);
        t.ok(
          answered > 0 && slowestMs <= promisedMs,
          `${what}: ${answered} answers, the slowest after ${slowestMs} ms`,
        );
      }
      t.ok(attack.running, 'the attack went on all the time');
      await attack.stop();
    });
    t.same(harmTo(aftermath), []);
    t.comment(`the coordinator took ${Math.round(aftermath.peakMib)} MiB`);
  },
);

t.test('R18: a coordinator that does not bound strangers is noticed', async (t) => {
  const coordinator = await changedCoordinator(t.testdir(), {
    file: 'packages/coordinator/src/connections/connection-book.ts',
    find: 'if (this.#strangers.size >= strangers || ',
    replace: 'if (',
  });
  // A small limit: a thousand handshakes take longer on a busy machine than the server lets a connection stay silent.
  const { victim, connections } = await sceneOf(t, { coordinator, limits: { strangers: 24, strangerSeconds: 600 } });
  const held = await idleConnections(victim, { count: 100, from });
  t.ok((await connections()) > 24 + knownConnections);
  held.release();
});

t.test('R18: a coordinator that does not count certificates is noticed', async (t) => {
  const coordinator = await changedCoordinator(t.testdir(), {
    file: 'packages/coordinator/src/authority/issuer.ts',
    find: "if (purpose !== 'operator' && purpose !== 'coordinator') await this.#deps.spend(principal);",
    replace: '',
  });
  const { victim, traitor } = await sceneOf(t, { coordinator });
  let issued = 0;
  for (let times = 0; times < 5; times += 1) {
    issued += tally(await pipelined(victim, traitor, certificates, { count: 50 }))[200] ?? 0;
  }
  t.equal(issued, 250);
});

for (const { rule, holds, attempt, mutant } of forgeries) {
  t.test(`${rule}: a coordinator without the guard by which ${holds} is noticed`, async (t) => {
    const coordinator = await changedCoordinator(t.testdir(), mutant);
    const scene = await sceneOf(t, { coordinator, traitor: 'member' });
    t.not((await attempt(scene)).length, 0);
  });
}

function tally(statuses: readonly number[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const status of statuses) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}
