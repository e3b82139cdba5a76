import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from '@picket/shared/etcd-config/parse.ts';
import t from 'tap';
import { cluster, fleetOf, healthy, joinAll } from '../support/fleet-of-test.ts';
import { startTraffic } from '../support/fleet-traffic.ts';
import { until } from '../support/until.ts';

t.test('R6: timing that cannot be beside the old one is reached in two steps, and no write is lost', async (t) => {
  const fleet = await fleetOf(t, { electionMs: 3000 });
  await joinAll(fleet);
  await healthy(fleet);
  const traffic = startTraffic(t, fleet);
  const { tuning } = (await fleet.ask((api) => api.cluster({ name: cluster }))).spec;
  const heartbeatIntervalMs = Math.floor(tuning.electionTimeoutMs / 5) + 100;
  const electionTimeoutMs = heartbeatIntervalMs * 5;
  const change = [`heartbeatIntervalMs=${heartbeatIntervalMs}`, `electionTimeoutMs=${electionTimeoutMs}`];
  const set = await fleet.picket('cluster', 'set', cluster, ...change);
  t.match(set, { code: 0, stderr: /each member restarts twice/ });

  const shown: string[] = [];
  let isCoordinatorNew = false;
  await until(
    'all members have it',
    async () => {
      const { rollout } = await fleet.status(cluster);
      if (rollout === null) return true;
      const step = `${rollout.step} of ${rollout.steps}`;
      if (shown.at(-1) !== step) shown.push(step);
      if (rollout.step === 2 && !isCoordinatorNew) {
        isCoordinatorNew = true;
        await fleet.stopCoordinator('SIGKILL');
        await fleet.startCoordinator();
      }
      return false;
    },
    { within: 300_000, every: 300, lastSeen: () => shown.join(', ') },
  );
  t.same(shown, ['1 of 2', '2 of 2']);
  for (const { etcDir } of fleet.machines)
    t.match(parse(await readFile(join(etcDir, 'conf.yml'), 'utf8')), { heartbeatIntervalMs, electionTimeoutMs });
  const { items } = await fleet.ask((api) => api.list('events', { cluster, limit: 200 }));
  const released = items.filter(({ kind }) => kind === 'release-configuration').map(({ message }) => message);
  t.equal(released.length, 6, released.join('\n'));
  await healthy(fleet);
  await traffic.check(t);
});
