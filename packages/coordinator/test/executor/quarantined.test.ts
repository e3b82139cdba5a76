import { failure } from '@picket/shared/errors.ts';
import { generateKey } from '@picket/shared/pki/keys.ts';
import type { ClusterStatusView } from '@picket/shared/protocol/clusters.ts';
import type { JoinAnswer } from '@picket/shared/protocol/join.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
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

/** What an operator can do about the node in quarantine; undefined if none is. */
async function adviceOn({ admin }: TestCoordinator): Promise<unknown> {
  const { waitsFor } = (await admin.get(`${clusterPath}/status`)).json<ClusterStatusView>();
  const quarantined = waitsFor.find(({ code }) => code === 'node_quarantined')?.facts as { way?: unknown } | undefined;
  return quarantined?.way;
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

/** It is ready, and has put away any incarnation that the member had before. */
async function isReady(node: TestNode): Promise<void> {
  const { generation } = await node.desiredState();
  const agent = { ...readyStatus().agent, generationSeen: generation, generationApplied: generation };
  const answer = await node.report({ agent });
  if (answer.status !== 200) throw new Error(answer.text);
}

t.test('R3: a quarantined voter of three is replaced by another machine', async (t) => {
  const { coordinator, others, liar } = await withLiar(t, 3);
  const otherMachine = reason('way_other_machine', { cluster: 'x-k3s', member: 'x-k3s-m-3' });
  t.strictSame(await adviceOn(coordinator), otherMachine);
  coordinator.clock.now += 100_000;
  await reportAll(others);
  const next = await comes(coordinator, 3);
  t.match((await liar.client.get('/v1/node/desired-state')).json(), { code: 'node_evicted' });
  t.match((await others[0]?.desiredState())?.membershipStep, { kind: 'remove-voter', memberId: 'a3' });
  await reportAll(others, [1, 2]);
  t.equal(await adviceOn(coordinator), undefined);
  await isReady(next);
  t.match((await others[0]?.desiredState())?.membershipStep, { kind: 'add-learner' });
});

t.test('R3: a quarantined voter of two is replaced while its etcd runs, and then another machine comes', async (t) => {
  const { coordinator, others, liar, lies } = await withLiar(t, 2);
  const two = { cluster: 'x-k3s', member: 'x-k3s-m-2' };
  t.match(await adviceOn(coordinator), { code: 'way_replace', facts: { ...two, force: true } });
  const replace = (body: object) => coordinator.admin.post(`${clusterPath}/members/x-k3s-m-2/replace`, body);
  t.same((await replace({})).json(), failure('replace_refused', { ...two, reason: reason('one_of_two') }).toWire());
  t.equal((await replace({ force: true })).status, 200);
  const step = { kind: 'remove-voter', memberId: 'a2', force: true };
  t.match((await others[0]?.desiredState())?.membershipStep, step);
  await lies();
  await reportAll(others, [1]);
  t.strictSame(await adviceOn(coordinator), reason('way_evict', { nodeId: liar.id }));
  t.equal((await coordinator.admin.post(`/v1/nodes/${liar.id}/evict`)).status, 204);
  t.equal(await adviceOn(coordinator), undefined);
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
  const { name: member, id: nodeId } = founder;
  const reasons = [reason('quarantined_and_heard', { member, nodeId, seconds: 35 })];
  const refused = failure('restore_refused', { cluster: 'x-k3s', reason: reason('several', { reasons }) });
  t.same((await restore()).json(), refused.toWire());
  clock.now += 100_000;
  t.equal((await admin.post(`/v1/nodes/${founder.id}/evict`, { lost: true })).status, 204);
  t.equal((await restore()).status, 200);
});
