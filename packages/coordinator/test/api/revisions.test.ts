import { failure, type WireError } from '@picket/shared/errors.ts';
import { createCsr } from '@picket/shared/pki/csr.ts';
import type { ChangedClusterView, ClusterStatusView, ClusterView } from '@picket/shared/protocol/clusters.ts';
import type { Page } from '@picket/shared/protocol/page.ts';
import type { RevisionView } from '@picket/shared/protocol/revisions.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { readyStatus } from '../../../shared/test/samples/node-status.ts';
import { type TestCoordinator, testCoordinator } from '../support/coordinator.ts';
import { createCluster, joinNode, seedCluster, servingAlone } from '../support/nodes.ts';
import { backedUp } from '../support/restored.ts';
import { reasonsOf, wireRefusal } from '../support/said.ts';
import { formed, reportAll, voterStatus } from '../support/voters.ts';

/** A cluster with the heartbeat intervals 500, 250 and 100 in its revisions 1 to 3. */
async function changedTwice(t: Parameters<typeof testCoordinator>[0]): Promise<TestCoordinator> {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  for (const [revision, heartbeatIntervalMs] of [250, 100].entries())
    await change(coordinator, revision + 1, { tuning: { heartbeatIntervalMs } });
  return coordinator;
}

function steer({ admin }: TestCoordinator, order: string, revision = 1) {
  const headers = { 'if-match': `"${revision}"` };
  return admin.request('POST', '/v1/clusters/x-k3s/rollout', { headers, body: { order } });
}

function change({ admin }: TestCoordinator, revision: number, body: object) {
  return admin.request('PATCH', '/v1/clusters/x-k3s', { headers: { 'if-match': `"${revision}"` }, body });
}

t.test('R12: every revision is kept with who made it, the latest first', async (t) => {
  const coordinator = await changedTwice(t);
  await coordinator.restart();
  const { items } = (await coordinator.admin.get('/v1/clusters/x-k3s/revisions')).json<Page<RevisionView>>();
  t.same(
    items.map(({ revision, spec }) => [revision, spec.tuning.heartbeatIntervalMs]),
    [
      [3, 100],
      [2, 250],
      [1, 500],
    ],
  );
  t.match(items[0]?.by, /^operator /);
  const { next } = (await coordinator.admin.get('/v1/clusters/x-k3s/revisions?limit=2')).json<Page<RevisionView>>();
  const rest = (await coordinator.admin.get(`/v1/clusters/x-k3s/revisions?after=${next}`)).json<Page<RevisionView>>();
  t.same(
    rest.items.map(({ revision }) => revision),
    [1],
  );
});

t.test('a revert is a new revision with the earlier values of what can change', async (t) => {
  const coordinator = await changedTwice(t);
  const headers = { 'if-match': '"3"' };
  const body = { revision: 1 };
  const answer = await coordinator.admin.request('POST', '/v1/clusters/x-k3s/revert', { headers, body });
  t.match(answer.json<ClusterView>().spec, { revision: 4, tuning: { heartbeatIntervalMs: 500 } });
  const other = { headers, body: { revision: 2 } };
  const again = await coordinator.admin.request('POST', '/v1/clusters/x-k3s/revert', other);
  t.equal(again.status, 412, 'another operator’s change in between is not overwritten');
});

t.test('a revision that never existed is refused', async (t) => {
  const coordinator = await changedTwice(t);
  const answer = await coordinator.admin.get('/v1/clusters/x-k3s/revisions/9');
  t.strictSame(answer.json(), failure('revision_unknown', { cluster: 'x-k3s', revision: 9 }).toWire());
});

/** A change of a setting that is refused for this reason, a text of the declaration. */
const fixed = (setting: string, why: string | RegExp) => ({
  code: 'setting_fixed',
  details: { cluster: 'x-k3s', setting, reason: why },
});

const joinedAs = (member: string) => fixed('members', `a machine has joined as ${member}`);

for (const [what, body, refused] of [
  ['domain', { domain: 'elsewhere.example' }, fixed('domain', /./)],
  ['its peers’ port', { ports: { client: 2379, peer: 12380, metrics: 2381 } }, fixed('ports.peer', /dial each other/)],
] as const) {
  t.test(`what cannot change is refused with the reason: ${what}`, async (t) => {
    const coordinator = await testCoordinator(t);
    await createCluster(coordinator);
    const answer = await change(coordinator, 1, body);
    t.equal(answer.status, 409);
    t.match(answer.json(), refused);
    const { remedy } = answer.json<WireError>().details;
    t.match(remedy, /`picket cluster export x-k3s`.*`picket cluster create --help`/);
    t.notMatch(remedy, /evict/);
  });
}

const corrected = (...addresses: readonly string[]) => ({
  members: addresses.map((address, index) => ({ name: `x-k3s-m-${index + 1}`, address })),
});

t.test(
  'until a cluster is founded, the address of a member that no machine has joined as can be corrected',
  async (t) => {
    const coordinator = await testCoordinator(t);
    await createCluster(coordinator);
    const first = await change(coordinator, 1, corrected('192.168.7.11', '192.168.7.12', 'FD00::0:1'));
    t.same(first.json<ClusterView>().spec.members, corrected('192.168.7.11', '192.168.7.12', 'fd00::1').members);
    const node = await joinNode(coordinator, 1);
    const other = await change(coordinator, 2, corrected('192.168.7.11', '192.168.7.12', '192.168.7.13'));
    t.match(other.json<ClusterView>().spec, { revision: 3, members: [{}, {}, { address: '192.168.7.13' }] });
    const held = await change(coordinator, 3, corrected('192.168.7.99', '192.168.7.12', '192.168.7.13'));
    t.match([held.status, held.json()], [409, joinedAs('x-k3s-m-1')]);
    t.match(held.json<WireError>().details.remedy, /`picket node list`.*`picket node evict ID`/);
    const fewer = await change(coordinator, 3, corrected('192.168.7.11', '192.168.7.12'));
    const later = fixed('members', /can be removed once the cluster is founded$/);
    t.match([fewer.status, fewer.json()], [409, later], 'R1: all of them stay');
    t.match(fewer.json<WireError>().details.remedy, /`picket token create x-k3s --member NAME`/);
    const four = corrected('192.168.7.11', '192.168.7.12', '192.168.7.13', '192.168.7.14');
    const more = await change(coordinator, 3, four);
    const founded = fixed('members', /can be added once the cluster is founded$/);
    t.match([more.status, more.json()], [409, founded], 'R1: only these may found');
    await node.report(readyStatus());
    const founding = await change(coordinator, 3, four);
    const served = fixed('members', /can be added once its founder has served$/);
    t.match([founding.status, founding.json()], [409, served]);
    const { service, etcd } = servingAlone((await node.desiredState()).etcd?.incarnation ?? '', node.name);
    await node.report({ service, etcd });
    const grown = await change(coordinator, 3, four);
    t.match(grown.json<ClusterView>().spec, { revision: 4, ...four });
    const moved = await change(
      coordinator,
      4,
      corrected('192.168.7.11', '192.168.7.12', '192.168.7.13', '192.168.7.44'),
    );
    t.match(moved.json<ClusterView>().spec.members[3], { address: '192.168.7.44' }, 'also of one that is added');
  },
);

t.test('R5: a cluster that waits after a restore accepts a correction of its hosts, and nothing else', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  await joinNode(coordinator, 1);
  const restore = await backedUp(coordinator);
  await restore();
  const tuned = await change(coordinator, 1, { tuning: { heartbeatIntervalMs: 250 } });
  t.match([tuned.status, tuned.json()], [409, wireRefusal('cluster_frozen')]);
  const held = await change(coordinator, 1, corrected('192.168.7.99', '192.168.7.12', '192.168.7.13'));
  t.match([held.status, held.json()], [409, joinedAs('x-k3s-m-1')]);
  const hosts = corrected('192.168.7.11', '192.168.7.12', '192.168.7.31');
  t.match((await change(coordinator, 1, hosts)).json<ClusterView>().spec, { revision: 2, ...hosts });
  const fewer = await change(coordinator, 2, corrected('192.168.7.11', '192.168.7.12'));
  const takenOver = fixed('members', /taken the cluster over$/);
  t.match([fewer.status, fewer.json()], [409, takenOver], 'R1: whoever is missing may have founded');
  const grown = corrected('192.168.7.11', '192.168.7.12', '192.168.7.31', '192.168.7.14');
  t.match((await change(coordinator, 2, grown)).json<ClusterView>().spec, { revision: 3, ...grown });
});

t.test('a change of members shows its plan first, and a dry run changes nothing', async (t) => {
  const { coordinator, nodes } = await formed(t);
  const five = corrected('192.168.7.11', '192.168.7.12', '192.168.7.13', '192.168.7.14', '192.168.7.15');
  const plan = {
    voters: 3,
    votersAfter: 5,
    steps: [
      { kind: 'add-learner', member: 'x-k3s-m-4' },
      { kind: 'promote', member: 'x-k3s-m-4' },
      { kind: 'add-learner', member: 'x-k3s-m-5' },
      { kind: 'promote', member: 'x-k3s-m-5' },
    ],
    toJoin: ['x-k3s-m-4', 'x-k3s-m-5'],
  };
  const dry = (await change(coordinator, 1, { ...five, dryRun: true })).json<ClusterView>();
  t.match(dry, { spec: { revision: 2, ...five }, plan });
  t.equal((await coordinator.admin.get('/v1/clusters/x-k3s')).json<ClusterView>().spec.revision, 1);
  const unseen = await change(coordinator, 7, { ...five, dryRun: true });
  t.match(unseen.json(), wireRefusal('revision_conflict'), 'it is refused as the change itself');
  const done = (await change(coordinator, 1, five)).json<ClusterView>();
  t.match(done, { spec: { revision: 2, ...five }, plan });

  const states = await Promise.all(nodes.map((node) => node.desiredState()));
  const fourth = await joinNode(coordinator, 4);
  await reportAll(nodes);
  await fourth.report(readyStatus());
  await reportAll(nodes);
  const after = await Promise.all(nodes.map((node) => node.desiredState()));
  t.ok(
    after.some(({ membershipStep }) => membershipStep?.kind === 'add-learner' && membershipStep.member === fourth.name),
  );
  t.same(
    after.map(({ etcd, certificates }) => ({ etcd, certificates })),
    states.map(({ etcd, certificates }) => ({ etcd, certificates })),
    'conf.yml and the certificates of the others stay as they are',
  );
});

t.test('R3 R8: an admin removes a member; its node hears it, gets no certificate, and is released', async (t) => {
  const { coordinator, nodes } = await formed(t);
  const [, , third] = nodes;
  if (third === undefined) throw new Error('nobody has joined');
  const two = corrected('192.168.7.11', '192.168.7.12');
  const operator = await coordinator.operator('operator');
  const headers = { 'if-match': '"1"' };
  const refused = await operator.request('PATCH', '/v1/clusters/x-k3s', { headers, body: two });
  t.match([refused.status, refused.json()], [403, wireRefusal('not_permitted', { needs: 'the role admin' })]);
  t.match((await change(coordinator, 1, { ...two, dryRun: true })).json<ChangedClusterView>(), {
    plan: { voters: 3, votersAfter: 2, steps: [{ kind: 'remove', member: 'x-k3s-m-3' }], toJoin: [] },
  });
  const { leaves = [] } = (await change(coordinator, 1, two)).json<ChangedClusterView>();
  t.match(leaves, [{ member: 'x-k3s-m-3', etcdAccess: { admin: null } }]);
  await reportAll(nodes);
  const back = await change(coordinator, 2, corrected('192.168.7.11', '192.168.7.12', '192.168.7.33'));
  t.match(back.json(), joinedAs('x-k3s-m-3'), 'another address');
  const csr = createCsr({ key: third.key, commonName: 'x-k3s-m-3' });
  const certificate = await third.client.post('/v1/node/certificates', { purpose: 'peer', csr });
  t.match(certificate.json(), wireRefusal('purpose_not_wanted'));
  await reportAll(nodes.slice(0, 2), [1, 2]);
  const confirms = async () => {
    const { generation, ...state } = await third.desiredState();
    await third.report({
      agent: { ...readyStatus().agent, generationSeen: generation, generationApplied: generation },
    });
    return state;
  };
  t.match(await confirms(), { etcd: null, certificates: [], retired: ['life0003'], letGo: true });
  t.match(await confirms(), { retired: [], letGo: true });
  const after = await third.client.get('/v1/node/desired-state');
  t.match([after.status, after.json()], [403, wireRefusal('node_evicted')], 'its machine can join again');
  const { items } = (await coordinator.admin.get('/v1/events?limit=5')).json<Page<{ readonly kind: string }>>();
  t.ok(items.some(({ kind }) => kind === 'release-node'));
});

t.test('a cluster at the addresses and ports of another is declared with a warning', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const declare = async (name: string, ports?: object) =>
    (
      await coordinator.admin.post('/v1/clusters', { ...seedCluster({ name }), ...(ports && { ports }) })
    ).json<ClusterView>().warnings;
  const ports = { client: 12_379, peer: 12_380, metrics: 2381 };
  t.same(await declare('beside', ports), []);
  t.same(reasonsOf(await declare('second')), [
    reason('shared_addresses', { members: ['x-k3s-m-1', 'x-k3s-m-2', 'x-k3s-m-3'], other: 'x-k3s' }),
  ]);
});

t.test('declaring the present state makes no revision, in any order of its members', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const { spec } = (await coordinator.admin.get('/v1/clusters/x-k3s')).json<ClusterView>();
  const { name: _name, revision: _revision, ...settings } = spec;
  for (const _time of ['once', 'twice']) {
    const answer = await change(coordinator, 1, { ...settings, members: spec.members.toReversed() });
    t.same([answer.status, answer.json<ClusterView>().spec], [200, spec]);
  }
});

t.test('a declaration that repeats what cannot change changes the rest', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const { spec } = (await coordinator.admin.get('/v1/clusters/x-k3s')).json<ClusterView>();
  const { name: _name, revision: _revision, ...settings } = spec;
  const ports = { ...spec.ports, metrics: 12_381 };
  const answer = await change(coordinator, 1, { ...settings, ports, serviceNames: ['etcd.edge.huatai.me'] });
  t.match(answer.json<ClusterView>().spec, { revision: 2, ports, serviceNames: ['etcd.edge.huatai.me'] });
});

for (const [quota, status] of [
  [59_999_999, 409],
  [60_000_000, 200],
] as const) {
  t.test(`R6: a quota of ${quota} bytes for a database of 40 MB is answered with ${status}`, async (t) => {
    const coordinator = await testCoordinator(t);
    await createCluster(coordinator, { members: [{ name: 'x-k3s-m-1', address: '192.168.7.11' }] });
    const node = await joinNode(coordinator, 1);
    await node.report();
    const { service, etcd } = servingAlone((await node.desiredState()).etcd?.incarnation ?? '', node.name);
    await node.report({ service, etcd: etcd && { ...etcd, dbSizeBytes: 40_000_000 } });
    const answer = await change(coordinator, 1, { tuning: { quotaBackendBytes: quota } });
    t.equal(answer.status, status);
    if (status === 409)
      t.match(
        answer.json(),
        wireRefusal('quota_too_small', { cluster: 'x-k3s', member: 'x-k3s-m-1', bytes: 40_000_000 }),
      );
  });
}

t.test('a rollout is aborted against the seen revision, so no change of another operator is lost', async (t) => {
  const coordinator = await changedTwice(t);
  const unseen = await coordinator.admin.post('/v1/clusters/x-k3s/rollout', { order: 'abort' });
  t.match(unseen.json(), {
    code: 'invalid_request',
    details: { problem: /headers\/if-match must hold the revision/ },
  });
  t.match((await steer(coordinator, 'abort', 2)).json(), wireRefusal('revision_conflict'));
});

t.test('an impossible order says why', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const order = (word: string) => steer(coordinator, word);
  const refused = (word: string, why: Reason) =>
    failure('no_rollout', { cluster: 'x-k3s', order: word, reason: why }).toWire();
  const already = (why: Reason) => failure('already_so', { reason: why }).toWire();
  t.strictSame((await order('resume')).json(), already(reason('neither_paused_nor_stopped')));
  t.strictSame((await order('abort')).json(), refused('abort', reason('settings_as_wanted')));
  t.equal((await order('pause')).status, 200);
  t.strictSame((await order('pause')).json(), already(reason('paused_already')));
  t.equal((await order('resume')).status, 200);
  t.equal((await coordinator.admin.get('/v1/clusters/x-k3s/status')).json<ClusterStatusView>().rollout, null);
});

t.test('status shows a pause even if there is nothing to roll out', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const notices = async () =>
    (await coordinator.admin.get('/v1/clusters/x-k3s/status')).json<ClusterStatusView>().notices;
  await steer(coordinator, 'pause');
  t.same(reasonsOf(await notices()), [reason('rollouts_paused', { cluster: 'x-k3s' })]);
  await steer(coordinator, 'resume');
  t.same(await notices(), []);
});

t.test('R6: without a quorum the controller says that a rollout waits, as soon as it is ordered', async (t) => {
  const { coordinator, nodes } = await formed(t);
  coordinator.clock.now += 100_000;
  const [first] = nodes;
  if (first === undefined) throw new Error('nobody has joined');
  const { etcd, ...others } = voterStatus(first, (await first.desiredState()).generation);
  await first.report({ ...others, etcd: etcd && { ...etcd, linearizableRead: false } });
  const answer = await coordinator.admin.request('PATCH', '/v1/clusters/x-k3s', {
    body: { tuning: { snapshotCount: 5_000 } },
    headers: { 'if-match': '"1"' },
  });
  t.equal(answer.status, 200, answer.text);
  t.match((await coordinator.admin.get('/v1/clusters/x-k3s/status')).json<ClusterStatusView>(), {
    state: 'no-quorum',
    rollout: { revision: 2, state: 'rolling', members: [{ onTrial: false }, { onTrial: false }, { onTrial: false }] },
    waitsFor: [{ code: 'voter_serves' }, { code: 'voter_serves' }, { code: 'voter_serves' }],
  });
});
