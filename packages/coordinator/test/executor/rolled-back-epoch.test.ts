import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClusterStatusView } from '@picket/shared/protocol/clusters.ts';
import t, { type Test } from 'tap';
import { placesIn } from '../../src/files/data-dir.ts';
import type { TestCoordinator } from '../support/coordinator.ts';
import { nodeWith, type TestNode } from '../support/nodes.ts';
import { backedUp } from '../support/restored.ts';
import { reasonsOf } from '../support/said.ts';
import { formed, voterStatus } from '../support/voters.ts';

async function readopt(coordinator: TestCoordinator, nodes: readonly TestNode[]): Promise<void> {
  for (const node of nodes) await node.client.get('/v1/node/desired-state');
  for (const { id } of nodes) {
    const { keys } = (await coordinator.admin.get(`/v1/nodes/${id}/readoption`)).json<{ keys: { key: string }[] }>();
    await coordinator.admin.post(`/v1/nodes/${id}/readoption`, { key: keys[0]?.key });
  }
}

async function reportFirst(nodes: readonly TestNode[]): Promise<void> {
  for (const node of nodes) await node.report(voterStatus(node, 1));
}

/** Restored, then its disk is put back to a copy from before it published to any node since the restore. */
async function putBackToFirstHour(t: Test, copied: 'before readoption' | 'after readoption') {
  const { coordinator, nodes } = await formed(t, 3);
  const restore = await backedUp(coordinator);
  await restore();
  const { database } = placesIn(coordinator.config.dataDir);
  const copy = join(coordinator.config.dataDir, '..', 'copy.sqlite');
  const connected = () => nodes.map((node) => nodeWith(coordinator, node));
  const copyNow = () => coordinator.restart(async () => copyFileSync(database, copy));
  if (copied === 'before readoption') await copyNow();
  coordinator.clock.now += 130_000;
  await readopt(coordinator, connected());
  if (copied === 'after readoption') await copyNow();
  await reportFirst(connected());
  const told = await Promise.all(connected().map((node) => node.desiredState()));
  await coordinator.restart(async () => copyFileSync(copy, database));
  if (copied === 'before readoption') await readopt(coordinator, connected());
  return { coordinator, nodes: connected(), told };
}

for (const copied of ['before readoption', 'after readoption'] as const) {
  t.test(`R5: a store of this very epoch, put back to ${copied}, freezes and publishes nothing`, async (t) => {
    const { coordinator, nodes, told } = await putBackToFirstHour(t, copied);
    for (const [index, node] of nodes.entries()) {
      const { inventory, epoch, generation, seal } = told[index] ?? {};
      const status = voterStatus(node, generation ?? 0);
      const followed = {
        inventory: inventory ?? null,
        ...(epoch === undefined ? {} : { epoch }),
        ...(seal === undefined ? {} : { seal }),
      };
      await node.report({ ...status, agent: { ...status.agent, ...followed } });
    }
    const { state, waitsFor } = (await coordinator.admin.get('/v1/clusters/x-k3s/status')).json<ClusterStatusView>();
    t.equal(state, 'frozen');
    t.match(reasonsOf(waitsFor), [
      {
        code: 'cluster_frozen',
        facts: { why: { code: 'follows_later_generation', facts: { member: 'x-k3s-m-1', published: 3 } } },
      },
    ]);
    for (const node of nodes)
      t.match((await node.client.get('/v1/node/desired-state')).json(), { code: 'cluster_frozen' });
    t.match((await coordinator.admin.post('/v1/clusters/x-k3s/unfreeze')).json(), { code: 'cluster_overtaken' });
  });
}
