import t from 'tap';
import {
  bodiesInPieces,
  certificateRequest,
  deafReaders,
  type Held,
  idleConnections,
  pipelined,
  silentConnections,
  unfinishedBodies,
} from '../adversary/attackers.ts';
import { forgeries } from '../adversary/forgeries.ts';
import { harmTo, knownConnections, type Scene, sceneOf } from '../adversary/scene.ts';
import { besieged, besiegers } from '../adversary/siege.ts';
import { changedCoordinator } from '../support/changed-coordinator.ts';

t.setTimeout(600_000);

/** 20 addresses, as if so many machines took part. */
const from = Array.from({ length: 20 }, (_, index) => `127.0.0.${index + 1}`);
/** The default of coordinator.yml, and the connections of agent and operator. */
const most = 512 + knownConnections;
const certificates = await certificateRequest();

const floods: readonly (readonly [what: string, open: (scene: Scene) => Promise<Held>])[] = [
  ['900 unfinished bodies', ({ victim }) => unfinishedBodies(victim, '/v1/join', { count: 900, from, bytes: 32_768 })],
  [
    '900 bodies in pieces of one octet',
    ({ victim }) => bodiesInPieces(victim, '/v1/join', { count: 900, from, bytes: 32_700 }),
  ],
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
  'R18: with all attacks at the same time, the coordinator keeps its memory, and answers agent and operator',
  async (t) => {
    const siege = await besieged(await sceneOf(t, { traitors: besiegers }));
    const { asked, aftermath } = await siege();
    for (const [what, { answered, refused }] of asked) {
      t.same(refused, [], what);
      t.not(answered, 0, what);
    }
    t.same(harmTo(aftermath), []);
    t.comment(`the coordinator took ${Math.round(aftermath.peakMib)} MiB`);
  },
);

t.test('R18: a coordinator that does not bound strangers is noticed', async (t) => {
  const coordinator = await changedCoordinator(t.testdir(), {
    file: 'packages/coordinator/src/connections/connection-book.ts',
    in: 'connectionBook.open',
    guard: 'strangers.size >= limits.strangers',
    without: '',
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
    in: 'issuerOf.spend',
    guard: "if (purpose !== 'operator' && purpose !== 'coordinator') await deps.spend(principal);",
    without: '',
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
