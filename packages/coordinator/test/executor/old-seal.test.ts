import type { DesiredState } from '@picket/shared/protocol/desired-state.ts';
import t from 'tap';
import { changeTuning, nodeWith, type TestNode } from '../support/nodes.ts';
import { backedUp } from '../support/restored.ts';
import { formed, reportAll, voterStatus } from '../support/voters.ts';

/** Three voters, of which the third gets more states than the others before the coordinator is lost and restored. */
async function restoredWithOldSeal(t: Parameters<typeof formed>[0]) {
  const { coordinator, nodes } = await formed(t, 3);
  const restore = await backedUp(coordinator);
  await changeTuning(coordinator, 1, { heartbeatIntervalMs: 450 });
  const [, , third] = nodes;
  if (third === undefined) throw new Error('the third node is missing');
  for (let times = 0; times < 6; times += 1) {
    const { generation } = await third.desiredState();
    await reportAll(nodes.slice(0, 2));
    const status = voterStatus(third, generation);
    await third.report({ ...status, service: { ...status.service, restartPending: times % 2 === 0 } });
    coordinator.clock.now += 15_000;
  }
  const before = await third.desiredState();
  await restore();
  coordinator.clock.now += 130_000;
  const again = nodes.map((node) => nodeWith(coordinator, node));
  for (const node of again) await node.client.get('/v1/node/desired-state');
  for (const { id } of again) {
    const { keys } = (await coordinator.admin.get(`/v1/nodes/${id}/readoption`)).json<{ keys: { key: string }[] }>();
    await coordinator.admin.post(`/v1/nodes/${id}/readoption`, { key: keys[0]?.key });
  }
  // The third does not report yet how much it has seen.
  for (const node of again) await node.report(voterStatus(node, 1));
  return { coordinator, nodes: again, traitor: again[2] as TestNode, before };
}

function followed({ inventory, epoch, seal }: DesiredState) {
  return { inventory, ...(epoch === undefined ? {} : { epoch }), ...(seal === undefined ? {} : { seal }) };
}

t.test('R5: a seal from before a restore freezes nothing, and its node gets a generation above it', async (t) => {
  const { coordinator, nodes, traitor, before } = await restoredWithOldSeal(t);
  const first = await traitor.desiredState();
  t.ok(first.generation < before.generation, 'it got less than it has seen');
  for (const node of nodes.slice(0, 2)) {
    const told = await node.desiredState();
    const status = voterStatus(node, told.generation);
    await node.report({ ...status, agent: { ...status.agent, ...followed(told) } });
  }
  const status = voterStatus(traitor, before.generation);
  await traitor.report({ ...status, agent: { ...status.agent, ...followed(before) } });
  const { state } = (await coordinator.admin.get('/v1/clusters/x-k3s/status')).json<{ state: string }>();
  t.not(state, 'frozen');
  const next = await traitor.desiredState();
  t.equal(next.generation, before.generation + 1);
  t.same(next.epoch, first.epoch);
});
