import t from 'tap';
import { askOnce, type Held, idleConnections, keptConnections, requestText } from '../adversary/attackers.ts';
import { packagedMib, sceneOf } from '../adversary/scene.ts';

t.setTimeout(300_000);

/** What docs/reference/limits.md says that the packaged memory carries. */
const agents = 1000;
const from = Array.from({ length: 20 }, (_, index) => `127.0.0.${index + 1}`);
const steps = [250, 500, 1000];

t.test('R18: the packaged memory carries as many agents as the documentation says', async (t) => {
  const { victim, traitor, during } = await sceneOf(t, {
    limits: {
      // All agents are one node here.
      connectionsPerClient: 2 * agents + 10,
      newConnectionsPerTenSeconds: 100_000,
      newConnectionsPerAddressPerTenSeconds: 100_000,
      pollsPerMinute: 100_000,
    },
  });
  const path = '/v1/node/desired-state';
  const first = await askOnce(victim, requestText('GET', path), traitor);
  const etag = /\r\netag: *(\S+)/i.exec(first)?.[1] ?? '';
  const [poll, report] = [`${path}?wait=60`, `${path}?wait=0`].map((asked) =>
    requestText('GET', asked, undefined, { close: false, headers: [`if-none-match: ${etag}`] }),
  );
  const held: Held[] = [];
  let before = 0;
  for (const step of steps) {
    const { peakMib, agentRefused } = await during(async () => {
      for (const request of [poll, report]) {
        held.push(await keptConnections(victim, traitor, request ?? '', { count: step - before }));
      }
    });
    before = step;
    t.comment(`${step} agents: at most ${Math.round(peakMib)} MiB`);
    t.ok(peakMib <= packagedMib, `${step} agents`);
    t.same(agentRefused, []);
  }
  const flooded = await during(async () => {
    held.push(await idleConnections(victim, { count: 1000, from }));
  });
  t.comment(`${agents} agents and a flood: at most ${Math.round(flooded.peakMib)} MiB`);
  t.ok(flooded.peakMib <= packagedMib, 'and a flood of strangers');
  t.same(flooded.agentRefused, []);
  for (const one of held) one.release();
});
