import { rm } from 'node:fs/promises';
import { failure, type WireError } from '@picket/shared/errors.ts';
import type { ClusterStatusView } from '@picket/shared/protocol/clusters.ts';
import type { ReadoptionView } from '@picket/shared/protocol/readoption.ts';
import type { Rendered } from '@picket/shared/protocol/rendered.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { said } from '../../../../test/support/said.ts';
import { readyStatus } from '../../../shared/test/samples/node-status.ts';
import type { TestCoordinator } from '../support/coordinator.ts';
import { databaseOfFormat, withHash } from '../support/database-pages.ts';
import { nodeWith, servingAlone, type TestNode } from '../support/nodes.ts';
import { backedUp } from '../support/restored.ts';
import { reasonsOf, wireRefusal } from '../support/said.ts';
import {
  asked,
  clusterPath,
  end,
  founded,
  octets,
  parts,
  sendAll,
  sendOctets,
  sendPart,
  sha256,
  stateOf,
} from '../support/snapshots.ts';
import { formed, voterStatus } from '../support/voters.ts';

/** Re-adopts it after a restore, by the one key that it has used. */
async function readopt({ admin }: TestCoordinator, { id }: TestNode): Promise<void> {
  const path = `/v1/nodes/${id}/readoption`;
  const [shown] = (await admin.get(path)).json<ReadoptionView>().keys;
  const answer = await admin.post(path, { key: shown?.key });
  if (answer.status !== 200) throw new Error(answer.text);
}

/** The answer to a restore that is refused for this reason. */
function refused(why: Reason): WireError {
  return failure('restore_refused', { cluster: 'x-k3s', reason: why }).toWire();
}

t.test('R8, R12: a snapshot is accepted only from the node with the order, and stored', async (t) => {
  const { coordinator, founder, other } = await founded(t);
  const { admin } = coordinator;
  const id = await asked(coordinator);
  t.equal(await asked(coordinator), id, 'one at a time');
  t.match((await founder.desiredState()).snapshot, { id, validForSeconds: 90 });
  t.equal((await other.desiredState()).snapshot, undefined);
  t.match((await sendPart(other, id, 0, parts[0])).json(), wireRefusal('snapshot_not_wanted'));
  t.match((await sendPart(founder, 'another00001', 0, parts[0])).json(), wireRefusal('snapshot_not_wanted'));

  t.same((await sendPart(founder, id, 0, parts[0])).json(), { receivedBytes: parts[0].length });
  t.same((await sendPart(founder, id, 0, parts[0])).json(), { receivedBytes: parts[0].length }, 'an answer was lost');
  t.match((await sendPart(founder, id, 512, parts[1])).json(), wireRefusal('snapshot_part_misplaced'));
  t.match((await sendAll(founder, id, { ...end, clusterId: 'c2' })).json(), {
    code: 'snapshot_invalid',
    details: { problem: /etcd cluster c2/ },
  });
  t.match(
    (await sendAll(founder, id, { ...end, sizeBytes: end.sizeBytes + 1 })).json(),
    wireRefusal('snapshot_invalid'),
  );
  t.match(await stateOf(coordinator), { task: { id }, last: null }, 'nothing of that is kept');

  const kept = await sendAll(founder, id);
  t.same([kept.status, kept.json()], [200, { receivedBytes: octets.length }]);
  t.match(await stateOf(coordinator), { task: null, last: { id }, failure: null });
  t.match((await admin.get(`/v1/snapshots/${id}`)).json(), {
    ...{ id, cluster: 'x-k3s', clusterId: 'c1', formation: 1, member: 'x-k3s-m-1', etcdVersion: '3.5.16' },
    ...{ why: { code: 'asked_for', facts: { by: 'operator ada' } }, revision: 7, sizeBytes: octets.length, sha256 },
  });
  t.match((await sendPart(founder, id, 0, parts[0])).json(), wireRefusal('snapshot_not_wanted'));
  t.equal((await founder.desiredState()).snapshot, undefined);
  const content = await admin.get(`/v1/snapshots/${id}/content`);
  t.same([content.status, content.headers['content-length']], [200, String(octets.length)]);

  await coordinator.restart();
  t.match(await stateOf(coordinator), { last: { id } });
});

t.test('R16: without a quorum only an order takes a snapshot, and lists show how it was taken', async (t) => {
  const { coordinator, founder } = await founded(t);
  const take = () => coordinator.admin.post(`${clusterPath}/snapshots`, { withoutQuorum: true });
  const serves = reason('quorum_serves', { cluster: 'x-k3s', serving: 'x-k3s-m-1 (0 s ago)', wait: '36 s' });
  t.strictSame((await take()).json(), failure('snapshot_refused', { cluster: 'x-k3s', reason: serves }).toWire());
  const { etcd } = await founder.desiredState();
  const serving = servingAlone(etcd?.incarnation ?? '', founder.name);
  const leaderless = { leader: '0', healthy: false, linearizableRead: false, members: null, raftAppliedIndex: 9 };
  await founder.report({ ...serving, etcd: serving.etcd && { ...serving.etcd, ...leaderless } });
  const leftOver = reason('only_survivors_answer', { cluster: 'x-k3s', survivor: 'x-k3s-m-1' });
  t.strictSame(
    (await coordinator.admin.post(`${clusterPath}/snapshots`)).json(),
    failure('snapshot_refused', { cluster: 'x-k3s', reason: leftOver }).toWire(),
  );
  const { id } = (await take()).json<{ id: string }>();
  t.match((await founder.desiredState()).snapshot, { id });
  t.equal((await sendAll(founder, id)).status, 200);
  t.match(await stateOf(coordinator), { task: null, last: null, failure: null });
  const [item] = (await coordinator.admin.get('/v1/snapshots')).json<{ items: { id: string; why: Rendered }[] }>()
    .items;
  const how = { by: 'operator ada', member: 'x-k3s-m-1', appliedIndex: 9, unasked: [] };
  t.equal(item?.id, id);
  t.strictSame(item && reasonsOf([item.why]), [reason('without_quorum', how)]);
});

t.test(
  'R5: a restored coordinator orders no snapshot without a quorum before it has taken the cluster over',
  async (t) => {
    const { coordinator, founder } = await founded(t);
    await (await backedUp(coordinator))();
    await nodeWith(coordinator, founder).report();
    const answer = await coordinator.admin.post(`${clusterPath}/snapshots`, { withoutQuorum: true });
    const why = reason('restored_from_backup', { of: new Date(coordinator.clock.now).toISOString() });
    t.strictSame(
      answer.json(),
      failure('snapshot_refused', { cluster: 'x-k3s', reason: reason('is_frozen', { why }) }).toWire(),
    );
  },
);

t.test('a snapshot that fails at its node appears in the status', async (t) => {
  const { coordinator, founder } = await founded(t);
  const id = await asked(coordinator);
  const { etcd } = await founder.desiredState();
  const lastSnapshot = { id, outcome: 'failed', reason: said('there is no room') } as const;
  await founder.report({ ...servingAlone(etcd?.incarnation ?? '', founder.name), lastSnapshot });
  const why = reason('of_member', { member: 'x-k3s-m-1', why: reason('node_says', { why: lastSnapshot.reason }) });
  t.match(await stateOf(coordinator), { task: null, failure: { id, reason: why } });
  const { notices } = (await coordinator.admin.get(`${clusterPath}/status`)).json<ClusterStatusView>();
  t.strictSame(
    reasonsOf(notices).filter(({ code }) => code === 'snapshot_failed'),
    [reason('snapshot_failed', { why, count: 1, lastAt: null })],
  );
});

t.test('R1, R8: a restored founder gets `existing` and its snapshot, which only it may fetch', async (t) => {
  const { coordinator, founder, other } = await founded(t);
  const { admin } = coordinator;
  const id = await asked(coordinator);
  t.equal((await sendAll(founder, id)).status, 200);
  const former = (await founder.desiredState()).etcd?.incarnation ?? '';
  const fetch = (node: TestNode) => node.client.get(`/v1/node/snapshots/${id}?offset=${parts[0].length}`);
  t.match((await fetch(founder)).json(), wireRefusal('snapshot_not_wanted'));

  const restore = (more: object) => admin.post(`${clusterPath}/restore`, { snapshot: id, ...more });
  t.match(
    (await restore({})).json(),
    wireRefusal('restore_needs_name', { cluster: 'x-k3s', serving: 'x-k3s-m-1 (0 s ago)' }),
  );
  t.match((await restore({ force: true })).json(), wireRefusal('restore_needs_name'));
  const mistyped = await admin.post('/v1/clusters/x-k3z/restore', { snapshot: id });
  t.match(mistyped.json(), wireRefusal('not_found', { what: 'cluster', name: 'x-k3z' }));
  t.match((await restore({ snapshot: 'unknown00001' })).json(), wireRefusal('not_found'));
  t.equal((await restore({ force: true, confirm: 'x-k3s', lastSnapshot: null })).status, 200);
  const stopped = await founder.desiredState();
  t.match(stopped, { etcd: null, retired: [former] });
  await other.report();
  t.equal((await other.desiredState()).etcd, null, 'nobody founds while the former etcd may run');
  const agent = { ...readyStatus().agent, generationSeen: stopped.generation, generationApplied: stopped.generation };
  await founder.report({ agent });

  const { etcd } = await founder.desiredState();
  t.match(etcd, { initialClusterState: 'existing', restore: { snapshot: id, sizeBytes: octets.length, sha256 } });
  t.match(etcd?.conf, /initial-cluster-state: "existing"/);
  t.not(etcd?.incarnation, former);
  t.equal((await fetch(founder)).status, 200);
  t.match((await fetch(other)).json(), wireRefusal('snapshot_not_wanted'));
  await founder.report({ agent, ...servingAlone(etcd?.incarnation ?? '', founder.name) });
  t.equal(
    (await founder.desiredState()).etcd?.restore,
    undefined,
    'once it has founded, it is a member like the others',
  );
  t.match((await fetch(founder)).json(), wireRefusal('snapshot_not_wanted'));
});

t.test('R17: a snapshot with data that the etcd of no node can serve is refused before anything stops', async (t) => {
  const { coordinator, founder } = await founded(t);
  const restored = async (version: string) => {
    const id = await asked(coordinator);
    t.equal((await sendOctets(founder, id, withHash(databaseOfFormat(version)))).status, 200);
    const order = { snapshot: id, force: true, confirm: 'x-k3s', lastSnapshot: null };
    return coordinator.admin.post(`${clusterPath}/restore`, { ...order, dryRun: true });
  };
  const later = reason('snapshot_needs_other_etcd', { format: '3.7', installed: '3.5.33' });
  const member = reason('of_member', { member: 'x-k3s-m-1', why: later });
  t.strictSame((await restored('3.7.0')).json(), refused(reason('several', { reasons: [member] })));
  t.equal((await restored('3.6.0')).status, 200);
});

t.test(
  'R5: after a restore, a node gets no snapshot and its snapshots are refused until it is re-adopted and its cluster taken over',
  async (t) => {
    const { coordinator, founder } = await founded(t);
    const kept = await asked(coordinator);
    await sendAll(founder, kept);
    const id = await asked(coordinator);
    await (await backedUp(coordinator))();
    const node = nodeWith(coordinator, founder);
    const answers = async () => [
      await sendPart(node, id, 0, parts[0]),
      await node.client.post(`/v1/node/snapshots/${id}`, end),
      await node.client.get(`/v1/node/snapshots/${kept}?offset=0`),
    ];
    for (const answer of await answers()) t.match(answer.json(), wireRefusal('node_awaits_readoption'));
    await node.report();
    const path = `/v1/nodes/${node.id}/readoption`;
    const [shown] = (await coordinator.admin.get(path)).json<ReadoptionView>().keys;
    t.equal((await coordinator.admin.post(path, { key: shown?.key })).status, 200);
    for (const answer of await answers()) t.match(answer.json(), wireRefusal('cluster_frozen'));
  },
);

t.test(
  'R1, R5: with the coordinator and a majority of etcd lost, an admin can restore a snapshot by force',
  async (t) => {
    const { coordinator, founder, other } = await founded(t);
    const id = await asked(coordinator);
    await sendAll(founder, id);
    await (await backedUp(coordinator))();
    const node = nodeWith(coordinator, other);
    await node.report();
    const restore = (force: boolean) => coordinator.admin.post(`${clusterPath}/restore`, { snapshot: id, force });
    const nodes = [{ member: 'x-k3s-m-2', nodeId: node.id }];
    t.strictSame((await restore(true)).json(), refused(reason('nodes_await_readoption', { nodes })));
    await readopt(coordinator, node);
    const { waits } = coordinator.running.executor.situation('x-k3s');
    t.match(waits, [{ code: 'cluster_frozen', facts: { why: { code: 'restored_from_backup' } } }]);
    t.strictSame((await restore(false)).json(), refused(reason('voters_unknown', { waits })));
    t.equal((await restore(true)).status, 200);
    await coordinator.restart();
    const again = nodeWith(coordinator, other);
    const { generation, epoch } = await again.desiredState();
    if (epoch === undefined) throw new Error('It has no epoch.');
    const agent = { ...readyStatus().agent, epoch, generationSeen: generation, generationApplied: generation };
    await again.report({ agent });
    const { waitsFor } = (await coordinator.admin.get(`${clusterPath}/status`)).json<ClusterStatusView>();
    const unheard = reason('awaits_readoption', { nodeId: founder.id });
    t.strictSame(reasonsOf(waitsFor), [
      reason('former_etcd_stops', { member: 'x-k3s-m-1', nodeId: founder.id, obstacle: null, unheard }),
    ]);
    const evict = (body?: object) => coordinator.admin.post(`/v1/nodes/${founder.id}/evict`, body);
    t.match((await evict()).json(), wireRefusal('former_incarnation_stands'));
    coordinator.clock.now += 100_000;
    await again.report({ agent });
    t.equal((await evict({ lost: true })).status, 204);
    t.match((await again.desiredState()).etcd, { initialClusterState: 'existing', restore: { snapshot: id } });
  },
);

t.test(
  'R16: after a take-over, a restore is refused while a node that is not re-adopted contacts the coordinator',
  async (t) => {
    const { coordinator, nodes } = await formed(t);
    const [first, second, third] = nodes;
    if (first === undefined || second === undefined || third === undefined) throw new Error('three have joined');
    const id = await asked(coordinator);
    const { snapshot } = await first.desiredState();
    const executor = snapshot?.id === id ? first : second;
    await sendAll(executor, id);
    await (await backedUp(coordinator))();
    const [one, two, three] = [first, second, third].map((node) => nodeWith(coordinator, node));
    if (one === undefined || two === undefined || three === undefined) throw new Error('three have joined');
    const report = async (...nodes: readonly TestNode[]) => {
      for (const node of nodes) await node.report(voterStatus(node, 40));
    };
    await report(one, two);
    await readopt(coordinator, one);
    await readopt(coordinator, two);
    await report(one, two);
    coordinator.clock.now += 130_000;
    await report(one, two);
    const { frozen } = coordinator.running.executor.situation('x-k3s').record.progress;
    t.equal(frozen, null, 'the cluster was taken over from the other two');
    // Its etcd serves, and its reports do not count; the other two are silent by now.
    await report(three);
    coordinator.clock.now += 50_000;
    const restore = () => coordinator.admin.post(`${clusterPath}/restore`, { snapshot: id, force: true });
    const contacting = [{ member: 'x-k3s-m-3', nodeId: three.id }];
    t.strictSame((await restore()).json(), refused(reason('nodes_await_readoption', { nodes: contacting })));
    t.match(coordinator.running.executor.situation('x-k3s').record.progress, { restore: null });
    coordinator.clock.now += 50_000;
    t.equal((await restore()).status, 200, 'after it has been silent for as long as a refused node may be');
  },
);

t.test('R19: a cluster that serves is given up only after a last snapshot, or knowingly without one', async (t) => {
  const { coordinator, founder } = await founded(t);
  const { admin } = coordinator;
  const id = await asked(coordinator);
  await sendAll(founder, id);
  const order = { snapshot: id, force: true, confirm: 'x-k3s' };
  const restore = (more: object) => admin.post(`${clusterPath}/restore`, { ...order, ...more });
  t.strictSame((await restore({})).json(), failure('restore_snapshot_first', { cluster: 'x-k3s' }).toWire());
  t.match(
    (await restore({ lastSnapshot: id })).json(),
    wireRefusal('restore_snapshot_first'),
    'nor is the one to restore a last one',
  );
  const last = await asked(coordinator);
  t.match((await restore({ lastSnapshot: last })).json(), wireRefusal('restore_snapshot_first'), 'before it is stored');
  await sendAll(founder, last);
  t.equal((await restore({ lastSnapshot: last, dryRun: true })).status, 200);
  t.equal((await restore({ lastSnapshot: last })).status, 200);
  t.equal((await admin.get(`/v1/snapshots/${last}`)).status, 200, 'it is kept');
});

t.test(
  'R19: a snapshot is a last one only for minutes, and in the run of the coordinator that has stored it',
  async (t) => {
    const { coordinator, founder: joined } = await founded(t);
    const { clock } = coordinator;
    let founder = joined;
    const source = await asked(coordinator);
    await sendAll(founder, source);
    const serves = async () => {
      const { etcd } = await founder.desiredState();
      await founder.report(servingAlone(etcd?.incarnation ?? '', founder.name));
    };
    const taken = async () => {
      const id = await asked(coordinator);
      await sendAll(founder, id);
      return id;
    };
    const judged = async (lastSnapshot: string) => {
      await serves();
      const order = { snapshot: source, force: true, confirm: 'x-k3s', lastSnapshot, dryRun: true };
      return coordinator.admin.post(`${clusterPath}/restore`, order);
    };
    let last = await taken();
    clock.now += 9 * 60_000;
    t.equal((await judged(last)).status, 200);
    clock.now += 2 * 60_000;
    const late = await judged(last);
    const old = failure('restore_snapshot_old', { cluster: 'x-k3s', snapshot: last, minutes: 10 });
    t.strictSame(late.json(), old.toWire());
    t.notMatch(late.text, /--without-snapshot/, 'no destructive way is named');
    last = await taken();
    coordinator.setClock(3_600_000);
    t.equal((await judged(last)).status, 200, 'no step of the clock makes it older');
    clock.now += 11 * 60_000;
    coordinator.setClock(-3_600_000);
    t.match((await judged(last)).json(), wireRefusal('restore_snapshot_old'), 'or younger');
    last = await taken();
    await coordinator.restart();
    founder = nodeWith(coordinator, founder);
    t.match(
      (await judged(last)).json(),
      wireRefusal('restore_snapshot_old'),
      'no clock tells for how long the coordinator was off',
    );
    t.equal((await judged(await taken())).status, 200);
  },
);

t.test('R19: shortly after a start, the last snapshot waits for the reports of the members', async (t) => {
  const { coordinator, founder } = await founded(t);
  const id = await asked(coordinator);
  await sendAll(founder, id);
  await coordinator.restart(async () => {
    coordinator.clock.now += 60_000;
  });
  coordinator.clock.now += 5_000;
  const { admin } = coordinator;
  const order = { confirm: 'x-k3s' };
  const restoration = { ...order, snapshot: id, force: true };
  const answers = [
    await admin.post(`${clusterPath}/restore`, restoration),
    await admin.post(`${clusterPath}/delete`, order),
  ];
  const later = failure('last_snapshot_later', { cluster: 'x-k3s', members: 'x-k3s-m-1', seconds: 91 });
  for (const answer of answers) {
    t.strictSame(answer.json(), later.toWire());
    t.notMatch(answer.text, /without-snapshot/, 'no destructive way is named');
  }
  t.equal((await admin.post(`${clusterPath}/restore`, { ...restoration, lastSnapshot: null })).status, 200);
});

t.test('R19: if etcd may serve and no voter can take a snapshot, the refusal says so', async (t) => {
  const { coordinator, founder } = await founded(t);
  const { admin } = coordinator;
  const id = await asked(coordinator);
  await sendAll(founder, id);
  const { etcd } = await founder.desiredState();
  const serving = servingAlone(etcd?.incarnation ?? '', founder.name);
  await founder.report({ ...serving, etcd: serving.etcd && { ...serving.etcd, healthy: false } });
  const order = { snapshot: id, force: true, confirm: 'x-k3s' };
  t.strictSame(
    (await admin.post(`${clusterPath}/restore`, order)).json(),
    failure('restore_loses_writes', { cluster: 'x-k3s', reason: reason('no_voter_serves') }).toWire(),
  );
  t.equal((await admin.post(`${clusterPath}/restore`, { ...order, lastSnapshot: null })).status, 200);
});

t.test('a snapshot whose file was lost is not restored', async (t) => {
  const { coordinator, founder } = await founded(t);
  const id = await asked(coordinator);
  await sendAll(founder, id);
  await rm(`${coordinator.config.dataDir}/snapshots/${id}.db`);
  const { admin } = coordinator;
  t.match(
    (await admin.post(`/v1/snapshots/${id}/verify`)).json(),
    wireRefusal('snapshot_damaged', { problem: 'its file is missing' }),
  );
  const order = { snapshot: id, force: true, confirm: 'x-k3s', lastSnapshot: null };
  for (const body of [{ ...order, dryRun: true }, order])
    t.match((await admin.post(`${clusterPath}/restore`, body)).json(), wireRefusal('snapshot_damaged'));
  t.not((await founder.desiredState()).etcd, null, 'and nothing is given up for it');
});
