import { generateKey } from '@picket/shared/pki/keys.ts';
import type { ClusterStatusView } from '@picket/shared/protocol/clusters.ts';
import type { JoinAnswer } from '@picket/shared/protocol/join.ts';
import t from 'tap';
import { readyStatus } from '../../../shared/test/samples/node-status.ts';
import type { TestCoordinator } from '../support/coordinator.ts';
import { createToken, joinNode, joinRequest, nodeWith, type TestNode } from '../support/nodes.ts';
import { asked, clusterPath, founded, sendAll } from '../support/snapshots.ts';
import { formed, reportAll, voterStatus } from '../support/voters.ts';

const lie = 999_999;

/** The last of these voters claims a generation that nobody published to it; its etcd serves. */
async function withLiar(t: Parameters<typeof formed>[0], count: number) {
  const { coordinator, nodes } = await formed(t, count);
  const liar = nodes.at(-1);
  if (liar === undefined) throw new Error('nobody has joined');
  const numbers = nodes.map((_, index) => index + 1);
  const lies = () => liar.report(voterStatus(liar, lie, numbers));
  await lies();
  return { coordinator, others: nodes.slice(0, -1), liar, lies };
}

async function adviceOn({ admin }: TestCoordinator): Promise<string> {
  const { waitsFor } = (await admin.get(`${clusterPath}/status`)).json<ClusterStatusView>();
  return waitsFor.find(({ message }) => message.includes('is quarantined'))?.message ?? '';
}

/** A machine comes with the token that the advice names. */
async function comes(coordinator: TestCoordinator, number: number): Promise<TestNode> {
  const key = await generateKey('p256');
  const { joinString } = await createToken(coordinator, { member: `x-k3s-m-${number}` });
  const answer = await coordinator.stranger.post('/v1/join', joinRequest(joinString, key, number));
  if (answer.status !== 200) throw new Error(answer.text);
  const { nodeId, certificate, member } = answer.json<JoinAnswer>();
  return nodeWith(coordinator, { id: nodeId, name: member.name, key, certificate });
}

/** It is ready, and has put away any life that the member had before. */
async function isReady(node: TestNode): Promise<void> {
  const { generation } = await node.desiredState();
  const agent = { ...readyStatus().agent, generationSeen: generation, generationApplied: generation };
  const answer = await node.report({ agent });
  if (answer.status !== 200) throw new Error(answer.text);
}

t.test('R3: a quarantined voter of three is replaced by another machine', async (t) => {
  const { coordinator, others, liar } = await withLiar(t, 3);
  t.match(await adviceOn(coordinator), /switch it off, .*`picket token create x-k3s --member x-k3s-m-3`$/);
  coordinator.clock.now += 100_000;
  await reportAll(others);
  const next = await comes(coordinator, 3);
  t.match((await liar.client.get('/v1/node/desired-state')).error, /^node_evicted: .*was evicted at/);
  t.match((await others[0]?.desiredState())?.membershipStep, { kind: 'remove-voter', memberId: 'a3' });
  await reportAll(others, [1, 2]);
  t.equal(await adviceOn(coordinator), '');
  await isReady(next);
  t.match((await others[0]?.desiredState())?.membershipStep, { kind: 'add-learner' });
});

t.test('R3: a quarantined voter of two is replaced while its etcd runs, and then another machine comes', async (t) => {
  const { coordinator, others, liar, lies } = await withLiar(t, 2);
  t.match(await adviceOn(coordinator), /`picket member replace x-k3s x-k3s-m-2 --force`/);
  const replace = (body: object) => coordinator.admin.post(`${clusterPath}/members/x-k3s-m-2/replace`, body);
  t.match((await replace({})).error, /^replace_refused: .*add --force/);
  t.equal((await replace({ force: true })).status, 200);
  const step = { kind: 'remove-voter', memberId: 'a2', force: true };
  t.match((await others[0]?.desiredState())?.membershipStep, step);
  await lies();
  await reportAll(others, [1]);
  t.match(
    await adviceOn(coordinator),
    new RegExp(`or evict it: \`picket node evict ${liar.id}\`, which gives up its access and the data of its etcd$`),
  );
  t.equal((await coordinator.admin.post(`/v1/nodes/${liar.id}/evict`)).status, 204);
  t.equal(await adviceOn(coordinator), '');
  const next = await joinNode(coordinator, 2);
  await isReady(next);
  t.match((await others[0]?.desiredState())?.membershipStep, { kind: 'add-learner' });
});

t.test('R3: a token does not switch off a quarantined voter of two whose vote is needed', async (t) => {
  const { coordinator, others } = await withLiar(t, 2);
  coordinator.clock.now += 100_000;
  await reportAll(others, [1, 2]);
  await t.rejects(comes(coordinator, 2), { message: /replace_refused/ });
});

t.test('R1: a cluster is not given up while its quarantined node reports, but once that is evicted', async (t) => {
  const { coordinator, founder } = await founded(t);
  const { admin, clock } = coordinator;
  const snapshot = await asked(coordinator);
  await sendAll(founder, snapshot);
  await founder.report({ agent: { ...readyStatus().agent, generationSeen: lie } });
  const restore = () =>
    admin.post(`${clusterPath}/restore`, { snapshot, force: true, confirm: 'x-k3s', lastSnapshot: null });
  t.match(
    (await restore()).error,
    new RegExp(`^restore_refused: .*quarantined and still reports, .*picket node evict ${founder.id} --lost`),
  );
  clock.now += 100_000;
  t.equal((await admin.post(`/v1/nodes/${founder.id}/evict`, { lost: true })).status, 204);
  t.equal((await restore()).status, 200);
});
