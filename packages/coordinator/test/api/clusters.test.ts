import { failure } from '@picket/shared/errors.ts';
import type { ClusterStatusView, ClusterView } from '@picket/shared/protocol/clusters.ts';
import type { TokenCreated } from '@picket/shared/protocol/tokens.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { readyStatus } from '../../../shared/test/samples/node-status.ts';
import type { Client } from '../support/client.ts';
import { testCoordinator } from '../support/coordinator.ts';
import {
  changeTuning,
  createCluster,
  joinNode,
  nodeWith,
  seedCluster,
  servingAlone,
  type TestNode,
} from '../support/nodes.ts';
import { reasonsOf } from '../support/said.ts';
import { formed, reportAll, voterStatus } from '../support/voters.ts';

t.test('a created cluster is returned whole, at revision 1', async (t) => {
  const { admin } = await testCoordinator(t);
  const answer = await admin.post('/v1/clusters', seedCluster());
  const { spec, warnings, clientAuthoritySpki, peerAuthoritySpki } = answer.json<ClusterView>();
  t.equal(answer.status, 201);
  t.equal(answer.headers.etag, '"1"');
  t.same(spec, {
    ...seedCluster(),
    revision: 1,
    serviceNames: [],
    vips: [],
    advertise: 'ip',
    keyType: 'p256',
    leafLifetimeHours: 8760,
    ports: { client: 2379, peer: 2380, metrics: 2381 },
    allowLoopback: false,
    allowDowntime: false,
    tuning: {
      heartbeatIntervalMs: 500,
      electionTimeoutMs: 5000,
      quotaBackendBytes: 2_147_483_648,
      snapshotCount: 10_000,
      autoCompactionRetention: '1h',
    },
    snapshots: { everyMinutes: 60, keepHourly: 24, keepDaily: 7, keepWeekly: 4 },
  });
  t.same(warnings, []);
  t.not(clientAuthoritySpki, peerAuthoritySpki, 'no client can pass as a peer');
});

t.test('a cluster with a name that is in use is refused', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const answer = await coordinator.admin.post('/v1/clusters', seedCluster());
  t.equal(answer.status, 409);
  t.strictSame(answer.json(), failure('cluster_exists', { cluster: 'x-k3s' }).toWire());
});

t.test('of two clusters created under one name at the same time, one is created', async (t) => {
  const coordinator = await testCoordinator(t);
  const operator = await coordinator.operator('operator');
  const answers = await Promise.all([
    coordinator.admin.post('/v1/clusters', seedCluster()),
    operator.post('/v1/clusters', seedCluster()),
  ]);
  t.same(
    answers.map(({ status }) => status).sort((one, other) => one - other),
    [201, 409],
  );
});

t.test('R12: a cluster is still there after a restart, once its creation was answered', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  await coordinator.restart();
  t.equal((await coordinator.admin.get('/v1/clusters/x-k3s')).json<ClusterView>().spec.name, 'x-k3s');
});

for (const [method, path] of [
  ['GET', ''],
  ['GET', '/status'],
  ['POST', '/reset'],
] as const) {
  t.test(`${method} ${path} of an unknown cluster is not found`, async (t) => {
    const { admin } = await testCoordinator(t);
    const answer = await admin.request(method, `/v1/clusters/nowhere${path}`);
    t.equal(answer.status, 404);
    t.strictSame(answer.json(), failure('not_found', { what: 'cluster', name: 'nowhere' }).toWire());
  });
}

t.test('a change raises the revision, and keeps what it does not name', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const answer = await coordinator.admin.request('PATCH', '/v1/clusters/x-k3s', {
    headers: { 'if-match': '"1"' },
    body: { tuning: { heartbeatIntervalMs: 250 } },
  });
  const { revision, tuning } = answer.json<ClusterView>().spec;
  t.equal(answer.headers.etag, '"2"');
  t.same(
    { revision, heartbeat: tuning.heartbeatIntervalMs, election: tuning.electionTimeoutMs },
    { revision: 2, heartbeat: 250, election: 5000 },
  );
});

t.test('a change without If-Match is refused', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const answer = await coordinator.admin.request('PATCH', '/v1/clusters/x-k3s', { body: { allowDowntime: true } });
  t.equal(answer.status, 400);
  t.strictSame(
    answer.json(),
    failure('invalid_request', {
      problem: 'headers/if-match must hold the revision that the change is based on, such as "3"',
    }).toWire(),
  );
});

t.test('a change against an older revision is refused, and nothing changed', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  await changeTuning(coordinator, 1, { heartbeatIntervalMs: 250 });
  const headers = { 'if-match': '"1"' };
  const stale = await coordinator.admin.request('PATCH', '/v1/clusters/x-k3s', {
    headers,
    body: { allowDowntime: true },
  });
  t.equal(stale.status, 412);
  t.strictSame(stale.json(), failure('revision_conflict', { cluster: 'x-k3s', actual: 2, expected: 1 }).toWire());
  const { spec } = (await coordinator.admin.get('/v1/clusters/x-k3s')).json<ClusterView>();
  t.same([spec.revision, spec.allowDowntime], [2, false]);
});

t.test('of two simultaneous changes against one revision, one is made', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const operator = await coordinator.operator('operator');
  const headers = { 'if-match': '"1"' };
  const change = (client: Client, body: object) => client.request('PATCH', '/v1/clusters/x-k3s', { headers, body });
  const answers = await Promise.all([
    change(coordinator.admin, { allowDowntime: true }),
    change(operator, { tuning: { snapshotCount: 20000 } }),
  ]);
  t.same(
    answers.map(({ status }) => status).sort((one, other) => one - other),
    [200, 412],
  );
});

t.test('a change that stands already is answered as made, also against an earlier revision', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const options = { headers: { 'if-match': '"1"' }, body: { allowDowntime: true } };
  const [made, repeated] = [
    await coordinator.admin.request('PATCH', '/v1/clusters/x-k3s', options),
    await coordinator.admin.request('PATCH', '/v1/clusters/x-k3s', options),
  ];
  t.same([made.status, repeated.status], [200, 200]);
  t.equal(repeated.json<ClusterView>().spec.revision, 2);
});

t.test('a change that etcd would refuse is refused, and nothing changed', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const answer = await coordinator.admin.request('PATCH', '/v1/clusters/x-k3s', {
    headers: { 'if-match': '"1"' },
    body: { tuning: { heartbeatIntervalMs: 2000 } },
  });
  t.strictSame(
    answer.json(),
    failure('invalid_request', {
      problem: 'electionTimeoutMs (5000) must be at least five times heartbeatIntervalMs (2000)',
    }).toWire(),
  );
  t.equal((await coordinator.admin.get('/v1/clusters/x-k3s')).headers.etag, '"1"');
});

t.test('a cluster whose nodes have not joined is forming, and says what it waits for', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const { state, waitsFor, members } = (
    await coordinator.admin.get('/v1/clusters/x-k3s/status')
  ).json<ClusterStatusView>();
  t.equal(state, 'forming');
  t.strictSame(reasonsOf(waitsFor), [reason('first_to_join', { members: ['x-k3s-m-1', 'x-k3s-m-2', 'x-k3s-m-3'] })]);
  t.same(
    members.map(({ name, clientUrl, phase }) => ({ name, clientUrl, phase })),
    [1, 2, 3].map((number) => ({
      name: `x-k3s-m-${number}`,
      clientUrl: `https://192.168.7.${number + 10}:2379`,
      phase: 'declared',
    })),
  );
});

t.test('a cluster of one whose voter serves is healthy, with everything that it reported', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator, { members: [{ name: 'x-k3s-m-1', address: '192.168.7.11' }] });
  const node = await joinNode(coordinator, 1);
  await node.report();
  const incarnation = (await node.desiredState()).etcd?.incarnation ?? '';
  await node.report(servingAlone(incarnation, node.name));
  const view = (await coordinator.admin.get('/v1/clusters/x-k3s/status')).json<ClusterStatusView>();
  t.same([view.state, view.clusterId, view.waitsFor], ['healthy', 'c1', []]);
  t.strictSame(reasonsOf(view.notices), [reason('one_member')]);
  const [member] = view.members;
  t.same([member?.phase, member?.memberId, member?.incarnation, member?.nodeId], ['voter', 'a1', incarnation, node.id]);
  t.same(member?.status?.etcd, servingAlone(incarnation, node.name).etcd);
});

t.test('while no voter reports, the state is unknown, and the silent voter is named', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator, { members: [{ name: 'x-k3s-m-1', address: '192.168.7.11' }] });
  const node = await joinNode(coordinator, 1);
  await node.report();
  await node.report(servingAlone((await node.desiredState()).etcd?.incarnation ?? '', node.name));
  coordinator.clock.now += 36_000;
  const { state, headline, next, notices } = (
    await coordinator.admin.get('/v1/clusters/x-k3s/status')
  ).json<ClusterStatusView>();
  t.equal(state, 'unknown');
  t.strictSame(reasonsOf([headline]), [reason('nobody_reports', { off: [] })]);
  t.same(next, { command: 'picket-agent status', on: { member: 'x-k3s-m-1', address: '192.168.7.11' } });
  const silent = (seconds: number) =>
    reason('voter_ails', { ailment: reason('of_member', { member: 'x-k3s-m-1', why: reason('silent', { seconds }) }) });
  t.strictSame(reasonsOf(notices), [reason('one_member'), silent(36)], 'it is looked at first');
  coordinator.clock.now += 564_000;
  const later = (await coordinator.admin.get('/v1/clusters/x-k3s/status')).json<ClusterStatusView>();
  t.strictSame(
    reasonsOf(later.notices),
    [reason('one_member'), reason('way_all_lost', { cluster: 'x-k3s' }), silent(600)],
    'after ten minutes, in its order',
  );
});

t.test('R16: an etcd that refuses its agent, and answers reads, is not reported as taking no writes', async (t) => {
  const { coordinator, nodes } = await formed(t);
  const [node] = nodes;
  const { service } = servingAlone('life0001', 'x-k3s-m-1');
  coordinator.clock.now += 36_000;
  await node?.report({ service: { ...service, quorumRead: true }, etcd: null });
  const { headline, notices } = (await coordinator.admin.get('/v1/clusters/x-k3s/status')).json<ClusterStatusView>();
  t.strictSame(reasonsOf([headline]), [
    reason('reads_prove_quorum', { able: 0, all: 3, serving: 'x-k3s-m-1 (0 s ago)', off: [] }),
  ]);
  t.strictSame(reasonsOf(notices), [reason('silent_may_serve')], 'and no restore is named');
});

t.test('if some machines report, status names the lost ones to evict before a restore without force', async (t) => {
  const { coordinator, nodes } = await formed(t);
  coordinator.clock.now += 600_000;
  const [first, second, third] = nodes;
  await first?.report({ service: servingAlone('life0001', 'x-k3s-m-1').service, etcd: null });
  const told = async () => {
    const { headline, notices } = (await coordinator.admin.get('/v1/clusters/x-k3s/status')).json<ClusterStatusView>();
    return reasonsOf([headline, ...notices]);
  };
  const lost = (...nodes: readonly (TestNode | undefined)[]) =>
    reason('way_some_lost', {
      cluster: 'x-k3s',
      silent: nodes.map((node) => ({ member: node?.name ?? '', nodeId: node?.id ?? '' })),
      survivor: null,
    });
  const noQuorum = reason('no_quorum', { able: 0, all: 3, quorum: 2, off: [] });
  const othersMayServe = reason('silent_may_serve');
  t.strictSame(await told(), [noQuorum, lost(second, third), othersMayServe]);
  await coordinator.admin.post(`/v1/nodes/${second?.id}/evict`, { lost: true });
  t.strictSame(await told(), [noQuorum, lost(third), othersMayServe]);
  await coordinator.admin.post(`/v1/nodes/${third?.id}/evict`, { lost: true });
  t.strictSame(await told(), [
    reason('majority_lost', { cluster: 'x-k3s', able: 0, all: 3, quorum: 2, survivor: null, rescue: null }),
    othersMayServe,
  ]);
});
t.test('with etcd’s authentication on, a refusal says so, and names no restore', async (t) => {
  const { coordinator, nodes } = await formed(t);
  for (const [index, node] of nodes.entries()) {
    const { service } = servingAlone(`life000${index + 1}`, node.name);
    await node.report({ service: { ...service, quorumRead: true, authenticationOn: true }, etcd: null });
  }
  for (const [path, refused] of [
    ['snapshots', 'No snapshot is taken'],
    ['members/x-k3s-m-3/replace', 'The member x-k3s-m-3 is not replaced'],
  ] as const) {
    const answer = await coordinator.admin.post(`/v1/clusters/x-k3s/${path}`, {});
    t.strictSame(answer.json(), failure('etcd_authentication_on', { cluster: 'x-k3s', refused }).toWire());
  }
});

t.test('R16: once a majority has lost its data, status names a restore', async (t) => {
  const { coordinator, nodes } = await formed(t);
  coordinator.clock.now += 36_000;
  for (const [index, node] of nodes.slice(0, 2).entries()) {
    const { service } = servingAlone(`life000${index + 1}`, node.name);
    await node.report({ service: { ...service, state: 'lost-data' }, etcd: null });
  }
  const { headline } = (await coordinator.admin.get('/v1/clusters/x-k3s/status')).json<ClusterStatusView>();
  t.match(headline, { code: 'majority_lost', facts: { cluster: 'x-k3s', all: 3, survivor: null, rescue: null } });
});

t.test(
  'a voter that serves without its data dir has a notice with what to do, and the cluster is not healthy',
  async (t) => {
    const { coordinator, nodes } = await formed(t);
    const shown = async (count: number) => {
      for (const [index, node] of nodes.entries()) {
        const { service, ...rest } = voterStatus(node, (await node.desiredState()).generation);
        const gone = index >= nodes.length - count ? ({ dataGone: true } as const) : {};
        await node.report({ ...rest, service: { ...service, ...gone } });
      }
      const { state, notices } = (await coordinator.admin.get('/v1/clusters/x-k3s/status')).json<ClusterStatusView>();
      return { state, notices: reasonsOf(notices) };
    };
    t.strictSame(await shown(0), { state: 'healthy', notices: [] });
    const { state, notices } = await shown(1);
    t.not(state, 'healthy');
    t.strictSame(notices, [reason('data_dir_missing', { cluster: 'x-k3s', member: 'x-k3s-m-3', obstacle: null })]);
    await coordinator.admin.post('/v1/clusters/x-k3s/members/x-k3s-m-3/replace', {});
    t.strictSame((await shown(1)).notices, [], 'it is being replaced');
  },
);

t.test('the only voter cannot be replaced: without its data dir, a snapshot comes first', async (t) => {
  const { coordinator, nodes } = await formed(t, 1);
  for (const node of nodes) {
    const { service, ...rest } = voterStatus(node, (await node.desiredState()).generation, [1]);
    await node.report({ ...rest, service: { ...service, dataGone: true } });
  }
  const { notices } = (await coordinator.admin.get('/v1/clusters/x-k3s/status')).json<ClusterStatusView>();
  t.match(
    notices.find(({ code }) => code === 'data_dir_missing'),
    { facts: { cluster: 'x-k3s', obstacle: { code: 'only_voter' } } },
  );
});

t.test('R5: a token for a frozen cluster comes with a warning', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const node = await joinNode(coordinator, 1);
  await node.report();
  const founder = servingAlone((await node.desiredState()).etcd?.incarnation ?? '', node.name);
  await node.report(founder);
  await node.report({ ...founder, etcd: founder.etcd && { ...founder.etcd, clusterId: 'c2' } });
  const created = await coordinator.admin.post('/v1/tokens', { cluster: 'x-k3s' });
  t.match(reasonsOf(created.json<TokenCreated>().warnings), [
    {
      code: 'joins_wait_while_frozen',
      facts: { cluster: 'x-k3s', why: { code: 'member_of_other_cluster', facts: { member: 'x-k3s-m-1' } } },
    },
  ]);
});

t.test('there is a notice for members with different etcd versions', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const [one, two] = [await joinNode(coordinator, 1), await joinNode(coordinator, 2)];
  await one.report();
  await two.report({ service: { ...readyStatus().service, etcdVersion: '3.6.14' } });
  const { notices } = (await coordinator.admin.get('/v1/clusters/x-k3s/status')).json<ClusterStatusView>();
  t.strictSame(reasonsOf(notices), [reason('versions_installed', { versions: ['3.5.33', '3.6.14'] })]);
});

t.test('an etcd that is only installed is not reported as running', async (t) => {
  const { coordinator, nodes } = await formed(t);
  const [first, second] = nodes;
  const serving = servingAlone('life0001', 'x-k3s-m-1');
  const versions = async () =>
    (await coordinator.admin.get('/v1/clusters/x-k3s/status'))
      .json<ClusterStatusView>()
      .notices.filter(({ code }) => code === 'versions_run');
  await first?.report({ ...serving, service: { ...serving.service, etcdVersion: '3.6.4' }, etcd: null });
  t.same(await versions(), [], 'its etcd runs, and has not reported its version');
  await first?.report({ etcd: serving.etcd });
  t.same(await versions(), [], 'etcd 3.5.33 runs on all');
  await second?.report({ etcd: serving.etcd && { ...serving.etcd, version: '3.5.30' } });
  t.strictSame(reasonsOf(await versions()), [reason('versions_run', { versions: ['3.5.30', '3.5.33'] })]);
});

t.test('an agent too far from the coordinator’s version is reported, with the remedy; one apart is not', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const [one, two] = [await joinNode(coordinator, 1), await joinNode(coordinator, 2)];
  await one.report({ agent: { ...readyStatus().agent, version: '0.2.0' } });
  await two.report({ agent: { ...readyStatus().agent, version: '0.3.0' } });
  const { notices } = (await coordinator.admin.get('/v1/clusters/x-k3s/status')).json<ClusterStatusView>();
  t.strictSame(reasonsOf(notices), [
    reason('agent_too_far', { member: 'x-k3s-m-2', agent: '0.3.0', version: '0.1.0' }),
  ]);
});

t.test('an etcd that was upgraded below the running one is reported, with what will happen', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator, { members: [{ name: 'x-k3s-m-1', address: '192.168.7.11' }] });
  const node = await joinNode(coordinator, 1);
  await node.report();
  const serving = servingAlone((await node.desiredState()).etcd?.incarnation ?? '', node.name);
  const noticesWith = async (change: Partial<typeof serving.service>) => {
    await node.report({ ...serving, service: { ...serving.service, ...change } });
    const { notices } = (await coordinator.admin.get('/v1/clusters/x-k3s/status')).json<ClusterStatusView>();
    return reasonsOf(notices).filter(({ code }) => code !== 'one_member');
  };
  const [member, runs] = ['x-k3s-m-1', '3.5.33'];
  t.strictSame(await noticesWith({ etcdVersion: '3.5.30', restartPending: true }), [
    reason('restart_brings_version', { member, installed: '3.5.30', runs }),
  ]);
  t.strictSame(await noticesWith({ etcdVersion: '3.5.30' }), [
    reason('restart_changed_nothing', { member, installed: '3.5.30', runs }),
  ]);
  t.strictSame(await noticesWith({ etcdVersion: '3.6.4' }), [
    reason('other_minor_would_start', {
      ...{ cluster: 'x-k3s', member, installed: '3.6.4', runs, minor: '3.5', command: null, release: '3.5.33' },
      upgrade: 'package:3.6',
    }),
  ]);
  t.strictSame(await noticesWith({ etcdVersion: '3.6.4', release: runs }), [], 'its release starts again');
  t.strictSame(await noticesWith({ etcdVersion: '3.5.33' }), []);
});

t.test('R14: after a step of its clock, the coordinator says so, and not that it has started', async (t) => {
  const { coordinator, nodes } = await formed(t);
  coordinator.clock.now += 200_000;
  await reportAll(nodes);
  coordinator.setClock(3_600_000);
  await reportAll(nodes.slice(0, 2));
  const { headline } = (await coordinator.admin.get('/v1/clusters/x-k3s/status')).json<ClusterStatusView>();
  t.strictSame(reasonsOf([headline]), [
    reason('still_listening', { unheard: ['x-k3s-m-3'], seconds: 95, clockWasSet: true }),
  ]);
});

t.test('after a restart of the coordinator, a node that was off before is not called silent at first', async (t) => {
  const { coordinator, nodes } = await formed(t);
  coordinator.clock.now += 200_000;
  await reportAll(nodes);
  coordinator.clock.now += 3_000;
  await coordinator.restart();
  const again = nodes.map((node) => nodeWith(coordinator, node));
  const said: string[] = [];
  for (let seconds = 0; seconds < 110; seconds += 10) {
    await reportAll(again.slice(0, 2));
    const { state, headline } = (await coordinator.admin.get('/v1/clusters/x-k3s/status')).json<ClusterStatusView>();
    said.push(`${state} ${headline.code}`);
    coordinator.clock.now += 10_000;
  }
  t.same(said.slice(4, 9), Array(5).fill('at-risk still_listening'));
  t.same(said.slice(-1), ['at-risk some_fail']);
});
