import { readFileSync, rmSync } from 'node:fs';
import { failure } from '@picket/shared/errors.ts';
import type { ClusterChange, ClusterStatusView, ClusterView, EtcdSource } from '@picket/shared/protocol/clusters.ts';
import type { EventView } from '@picket/shared/protocol/events.ts';
import type { Page } from '@picket/shared/protocol/page.ts';
import { type ReleaseList, type ReleaseView, releasePartBytes } from '@picket/shared/protocol/releases.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { ensureEtcd } from '../../../../test/support/etcd-binaries.ts';
import { until } from '../../../../test/support/until.ts';
import { readyStatus } from '../../../shared/test/samples/node-status.ts';
import { placesIn } from '../../src/files/data-dir.ts';
import { hashOf, program, release } from '../releases/sample-programs.ts';
import type { Client } from '../support/client.ts';
import type { TestCoordinator } from '../support/coordinator.ts';
import { createCluster, seedCluster, servingAlone, type TestNode } from '../support/nodes.ts';
import { reasonsOf, wireRefusal } from '../support/said.ts';
import { asked, clusterPath, founded, sendAll } from '../support/snapshots.ts';

const octets = { 'content-type': 'application/octet-stream' };
const nothingInstalled = { installed: null, obstacle: null } as const;

function sendPart(admin: Client, sha256: string, offset: number, body: Uint8Array) {
  return admin.request('PUT', `/v1/releases/${sha256}/content?offset=${offset}`, { headers: octets, body });
}

async function add(admin: Client, content: Buffer, name = 'etcdutl') {
  const sha256 = hashOf(content);
  for (let offset = 0; offset < content.length; offset += releasePartBytes) {
    await sendPart(admin, sha256, offset, content.subarray(offset, offset + releasePartBytes));
  }
  return admin.post(`/v1/releases/${sha256}`, { name });
}

async function eventsOf(admin: Client): Promise<readonly EventView[]> {
  return (await admin.get('/v1/events')).json<Page<EventView>>().items;
}

t.test('an admin adds, lists and removes a release, and each change is an event', async (t) => {
  const { coordinator } = await founded(t);
  const { admin } = coordinator;
  const file = await release('arm64');
  const added = await add(admin, file, 'etcd-v3.5.24-linux-arm64.tar.gz');
  t.equal(added.status, 201);
  const view = added.json<ReleaseView>();
  t.match(view, { sha256: hashOf(file), architecture: 'arm64', version: '3.5.24' });
  t.same((await admin.get('/v1/releases')).json<ReleaseList>().items, [{ ...view, usedBy: [] }]);
  const programs = view.programs.map(({ name }) => name);
  t.same(programs.toSorted(), ['etcd', 'etcdctl', 'etcdutl']);
  const of = { by: 'operator ada', architecture: 'arm64', sha256: hashOf(file), programs };
  t.match(await eventsOf(admin), [{ kind: 'release', facts: { ...of, done: 'added', version: '3.5.24' } }]);
  t.equal((await admin.request('DELETE', `/v1/releases/${view.sha256}`)).status, 204);
  t.same((await admin.get('/v1/releases')).json(), { items: [] });
  t.match((await eventsOf(admin))[0], { kind: 'release', facts: { ...of, done: 'removed' } });
});

t.test('R18: a part is no larger than other parts, and consists of octets', async (t) => {
  const { coordinator } = await founded(t);
  const sha256 = 'a'.repeat(64);
  t.match(
    (await sendPart(coordinator.admin, sha256, 0, Buffer.alloc(releasePartBytes + 1))).json(),
    wireRefusal('payload_too_large'),
  );
  const json = await coordinator.admin.request('PUT', `/v1/releases/${sha256}/content?offset=0`, { body: {} });
  t.match(json.json(), wireRefusal('invalid_request'));
});

const hasNone = reason('no_tool_to_restore', { architecture: 'arm64' });

/** A cluster with a snapshot, of which only one node reports: this is what it says about restoring. */
async function withSnapshot(t: Parameters<typeof founded>[0], restoreTool: object) {
  const { coordinator, founder, other } = await founded(t);
  const id = await asked(coordinator);
  await sendAll(founder, id);
  const { etcd } = await founder.desiredState();
  const status = { ...servingAlone(etcd?.incarnation ?? '', founder.name), restoreTool };
  await founder.report(status as Parameters<TestNode['report']>[0]);
  const restore = () =>
    coordinator.admin.post(`${clusterPath}/restore`, {
      snapshot: id,
      force: true,
      confirm: 'x-k3s',
      lastSnapshot: null,
    });
  /** Its agent has put its former incarnation away. */
  async function puts(node: TestNode): Promise<void> {
    const { generation } = await node.desiredState();
    const agent = { ...readyStatus().agent, generationSeen: generation, generationApplied: generation };
    await node.report({ agent, restoreTool: nothingInstalled });
  }
  return { coordinator, founder, other, restore, puts };
}

t.test(
  'a restore that no node could carry out is refused before anything stops, with the command that helps',
  async (t) => {
    const { coordinator, founder, restore } = await withSnapshot(t, nothingInstalled);
    const before = await founder.desiredState();
    const none = reason('several', { reasons: [reason('of_member', { member: 'x-k3s-m-1', why: hasNone })] });
    const refused = failure('restore_refused', { cluster: 'x-k3s', reason: none }).toWire();
    t.strictSame((await restore()).json(), refused);
    t.same(await founder.desiredState(), before);
    await add(coordinator.admin, program('amd64'));
    t.strictSame((await restore()).json(), refused, 'one for another machine does not help');
    await add(coordinator.admin, program('arm64'));
    t.equal((await restore()).status, 200);
  },
);

t.test('R8: only the founder learns which etcdutl to restore with, and it may fetch only that one', async (t) => {
  const { coordinator, founder, other, restore, puts } = await withSnapshot(t, nothingInstalled);
  const { admin } = coordinator;
  const tool = program('arm64');
  const another = program('amd64');
  await add(admin, tool);
  await add(admin, another);
  const fetch = (node: TestNode, sha256: string, offset = 0) =>
    node.client.get(`/v1/node/releases/${sha256}?offset=${offset}`);
  t.match(
    (await fetch(founder, hashOf(tool))).json(),
    wireRefusal('release_not_wanted'),
    'not before it should restore',
  );
  t.equal((await restore()).status, 200);
  await puts(founder);
  const wanted = (await founder.desiredState()).etcd?.restore?.tool;
  t.same(wanted, { sha256: hashOf(tool), sizeBytes: tool.length });
  const part = await fetch(founder, hashOf(tool));
  t.same([part.status, part.octets().equals(tool)], [200, true]);
  t.match(await fetch(founder, hashOf(tool), tool.length), { status: 200, text: '' });
  t.match((await fetch(founder, hashOf(another))).json(), wireRefusal('release_not_wanted'));
  t.match((await fetch(other, hashOf(tool))).json(), wireRefusal('release_not_wanted'));
  t.match((await admin.get(`/v1/node/releases/${hashOf(tool)}?offset=0`)).json(), wireRefusal('not_permitted'));
  const removal = await admin.request('DELETE', `/v1/releases/${hashOf(tool)}`);
  const why = reason('founder_may_fetch', { cluster: 'x-k3s' });
  const refused = failure('release_in_use', { sha256: hashOf(tool), cluster: 'x-k3s', reason: why });
  t.strictSame(removal.json(), refused.toWire());
});

t.test('a release that is added while a restore waits for one reaches its founder', async (t) => {
  const { coordinator, founder, restore, puts } = await withSnapshot(t, { installed: 'etcdutl', obstacle: null });
  t.equal((await restore()).status, 200);
  await founder.report();
  const { generation } = await founder.desiredState();
  const agent = { ...readyStatus().agent, generationSeen: generation, generationApplied: generation };
  await founder.report({ agent });
  t.match((await founder.desiredState()).etcd?.restore, { tool: undefined });
  await puts(founder);
  await add(coordinator.admin, program('arm64'));
  t.match((await founder.desiredState()).etcd?.restore?.tool, { sha256: hashOf(program('arm64')) });
});

t.test(
  'a cluster that cannot be updated does not keep others from the release, and gets it with its next step',
  async (t) => {
    const { coordinator, founder, restore, puts } = await withSnapshot(t, { installed: 'etcdutl', obstacle: null });
    await createCluster(coordinator, { name: 'other' });
    t.equal((await restore()).status, 200);
    await founder.report();
    const { generation } = await founder.desiredState();
    const agent = { ...readyStatus().agent, generationSeen: generation, generationApplied: generation };
    await founder.report({ agent });
    await puts(founder);
    let attempts = 0;
    coordinator.failpoint = (name) => {
      if (name !== 'publish.before-commit') return;
      attempts += 1;
      if (attempts === 1) throw new Error('the disk is full');
    };
    const answer = await add(coordinator.admin, program('arm64'));
    t.equal(answer.status, 201, answer.text);
    t.equal(attempts, 2, 'the other cluster is updated');
    t.ok(coordinator.log.some((line) => line.includes('could not be published') && line.includes('the disk is full')));
    coordinator.failpoint = () => undefined;
    await coordinator.running.tick();
    t.match((await founder.desiredState()).etcd?.restore?.tool, { sha256: hashOf(program('arm64')) });
  },
);

t.test(
  'the status names nodes that could restore no snapshot, and the command that helps, while all is well',
  async (t) => {
    const { coordinator } = await withSnapshot(t, nothingInstalled);
    const told = async () => {
      const { notices } = (await coordinator.admin.get(`${clusterPath}/status`)).json<ClusterStatusView>();
      return reasonsOf(notices).filter(({ code }) => code === 'could_restore_none');
    };
    t.strictSame(await told(), [reason('could_restore_none', { member: 'x-k3s-m-1', why: hasNone })]);
    await add(coordinator.admin, program('arm64'));
    t.strictSame(await told(), []);
  },
);

for (const [runReleases, verified] of [
  [false, { status: 200, text: /"checkedBy":"structure"/ }],
  // The database is made up: etcdutl 3.6 and 3.7 read more of it than 3.5, and refuse it.
  [true, { text: /"checkedBy":"etcdutl"|etcdutl cannot read it/ }],
] as const) {
  t.test(
    `the coordinator ${runReleases ? 'reads snapshots with a release' : 'runs no release'} where runReleases is ${runReleases}`,
    async (t) => {
      const { coordinator, founder } = await founded(t, { runReleases });
      const id = await asked(coordinator);
      await sendAll(founder, id);
      await add(coordinator.admin, readFileSync((await ensureEtcd()).etcdutl));
      t.match(await coordinator.admin.post(`/v1/snapshots/${id}/verify`), verified);
    },
  );
}

const version = '3.5.34';
const etcd = { source: 'release', version } as const;

function change(admin: Client, revision: number, body: ClusterChange) {
  return admin.request('PATCH', clusterPath, { headers: { 'if-match': `"${revision}"` }, body });
}

t.test('R8: a node may fetch the programs of the release that it should run, and no others', async (t) => {
  const { coordinator, founder, other } = await founded(t);
  const { admin } = coordinator;
  const file = await release('arm64', { version });
  await add(admin, file);
  const fetch = (node: TestNode, sha256: string) => node.client.get(`/v1/node/releases/${sha256}?offset=0`);
  const own = hashOf(program('arm64', 'etcd'));
  t.match((await fetch(founder, own)).json(), wireRefusal('release_not_wanted'));
  const answer = await change(admin, 1, { etcd, allowDowntime: true });
  t.equal(answer.status, 200, answer.text);
  const { etcd: wanted } = await founder.desiredState();
  await founder.report(servingAlone(wanted?.incarnation ?? '', founder.name));
  const order = (await founder.desiredState()).program;
  t.match(order, { version, programs: [{ name: 'etcd', sha256: own }, { name: 'etcdctl' }, { name: 'etcdutl' }] });
  for (const { sha256 } of order?.programs ?? []) t.equal((await fetch(founder, sha256)).status, 200);
  t.match((await fetch(founder, hashOf(program('amd64')))).json(), wireRefusal('release_not_wanted'));
  t.match((await fetch(other, own)).json(), wireRefusal('release_not_wanted'), 'one that is not on its turn');
});

t.test('R10: a member on trial may fetch the release that it would go back to, and nothing else', async (t) => {
  const { coordinator, founder } = await founded(t);
  const { admin } = coordinator;
  const newer = '3.5.35';
  const own = hashOf(program('arm64', 'etcd'));
  await add(admin, await release('arm64', { version }));
  await add(admin, await release('arm64', { version: newer, etcd: program('arm64', 'a newer etcd') }));
  const fetch = (node: TestNode, sha256 = own) => node.client.get(`/v1/node/releases/${sha256}?offset=0`);
  async function serves(runs: string): Promise<void> {
    for (let times = 0; times < 4; times += 1) {
      const { etcd: wanted, generation } = await founder.desiredState();
      const serving = servingAlone(wanted?.incarnation ?? '', founder.name);
      const agent = { ...readyStatus().agent, generationSeen: generation, generationApplied: generation };
      await founder.report({ ...serving, service: { ...serving.service, release: runs }, agent });
      coordinator.clock.now += 11_000;
    }
  }
  t.equal((await change(admin, 1, { etcd, allowDowntime: true })).status, 200);
  await serves(version);
  t.equal((await change(admin, 2, { etcd: { source: 'release', version: newer } })).status, 200);
  await serves(version);
  t.match((await founder.desiredState()).program, { version: newer });
  t.equal((await fetch(founder)).status, 200);
  t.match((await fetch(founder, hashOf(program('amd64')))).json(), wireRefusal('release_not_wanted'));
  await serves(newer);
  t.match((await fetch(founder)).json(), wireRefusal('release_not_wanted'), 'the trial is over');
});

t.test('a release that a cluster wants is not removed, and the list says who uses it', async (t) => {
  const { coordinator, founder } = await founded(t);
  const { admin } = coordinator;
  const file = await release('arm64', { version });
  const sha256 = hashOf(file);
  await add(admin, file);
  await add(admin, await release('amd64', { version }));
  t.equal((await change(admin, 1, { etcd, allowDowntime: true })).status, 200);
  const remove = () => admin.request('DELETE', `/v1/releases/${sha256}`);
  const why = reason('members_want_release', { cluster: 'x-k3s', version });
  const refused = failure('release_in_use', { sha256, cluster: 'x-k3s', reason: why }).toWire();
  t.strictSame((await remove()).json(), refused);
  const usedBy = async () => (await admin.get('/v1/releases')).json<ReleaseList>().items.map((one) => one.usedBy);
  const use = (members: readonly string[]) => ({ cluster: 'x-k3s', wanted: true, members });
  t.same(await usedBy(), [[use([])], [use([])]], 'one of the members may still join on another machine');
  const { etcd: state } = await founder.desiredState();
  const serving = servingAlone(state?.incarnation ?? '', founder.name);
  await founder.report({ ...serving, service: { ...serving.service, release: version } });
  t.same(await usedBy(), [[use([founder.name])], [use([])]]);
  t.equal((await change(admin, 2, { etcd: { source: 'package' } })).status, 200);
  t.equal((await remove()).status, 204);
});

t.test('a release that the store lacks is refused, at the creation of a cluster and later', async (t) => {
  const { coordinator } = await founded(t);
  const { admin } = coordinator;
  const lacks = { file: 'etcd-v3.5.34-linux-arm64.tar.gz' };
  await add(admin, await release('amd64', { version }));
  t.match((await change(admin, 1, { etcd })).json(), { code: 'release_missing', details: lacks });
  t.match((await change(admin, 1, { etcd, dryRun: true })).json(), { code: 'release_missing', details: lacks });
  const create = (wanted: EtcdSource) => admin.post('/v1/clusters', seedCluster({ name: 'other', etcd: wanted }));
  t.match((await create({ source: 'release', version: '3.5.33' })).json(), { code: 'release_missing' });
  t.equal((await create(etcd)).status, 201);
  t.equal((await change(admin, 1, { allowDowntime: true })).status, 200, 'other changes need no release');
});

/** Holds each creation of a cluster back between its acceptance and its place in the store. @returns lets them go on */
function heldCreations({ running: { authorities } }: TestCoordinator) {
  const { createCluster } = authorities;
  let begun = 0;
  const held = Promise.withResolvers<void>();
  Object.assign(authorities, {
    async createCluster(options: Parameters<typeof createCluster>[0]) {
      begun += 1;
      await held.promise;
      return createCluster(options);
    },
  });
  return { begun: () => begun, goOn: held.resolve };
}

t.test('a release is not removed while a cluster that wants it is being created', async (t) => {
  const { coordinator } = await founded(t);
  const { admin } = coordinator;
  const file = await release('arm64', { version });
  const sha256 = hashOf(file);
  await add(admin, file);
  const other = coordinator.client(await coordinator.credentials('admin', 'second'));
  const creations = heldCreations(coordinator);
  const creation = other.post('/v1/clusters', seedCluster({ name: 'other', etcd }));
  await until('the creation has begun', async () => creations.begun() === 1);
  const why = reason('members_want_release', { cluster: 'other', version });
  const removed = await admin.request('DELETE', `/v1/releases/${sha256}`);
  creations.goOn();
  t.strictSame(removed.json(), failure('release_in_use', { sha256, cluster: 'other', reason: why }).toWire());
  t.equal((await creation).status, 201);
  t.match((await admin.get('/v1/releases')).json(), { items: [{ sha256 }] });
});

t.test('a release may be removed once the creation of a cluster that wants it has failed', async (t) => {
  const { coordinator } = await founded(t);
  const { admin } = coordinator;
  const file = await release('arm64', { version });
  await add(admin, file);
  const other = coordinator.client(await coordinator.credentials('admin', 'second'));
  const creations = heldCreations(coordinator);
  const twice = [admin, other].map((client) => client.post('/v1/clusters', seedCluster({ name: 'other', etcd })));
  await until('both creations have begun', async () => creations.begun() === 2);
  creations.goOn();
  t.same(
    (await Promise.all(twice)).map(({ status }) => status).sort((one, other) => one - other),
    [201, 409],
  );
  t.equal((await admin.post('/v1/clusters/other/delete', { confirm: 'other' })).status, 200);
  t.equal((await admin.request('DELETE', `/v1/releases/${hashOf(file)}`)).status, 204);
});

t.test('a change to a release and its removal at the same time: one of both is refused', async (t) => {
  const { coordinator } = await founded(t);
  const { admin } = coordinator;
  const file = await release('arm64', { version });
  const other = coordinator.client(await coordinator.credentials('admin', 'second'));
  await add(admin, file);
  for (const [first, second] of [
    [admin, other],
    [other, admin],
  ] as const) {
    const { revision } = (await admin.get(clusterPath)).json<ClusterView>().spec;
    const orders = [
      () => change(first, revision, { etcd, allowDowntime: true }),
      () => second.request('DELETE', `/v1/releases/${hashOf(file)}`),
    ];
    const [changed, removed] = await Promise.all(orders.map((order) => order()));
    t.ok((changed?.status === 200) !== (removed?.status === 204), `${changed?.text} ${removed?.text}`);
    await change(admin, revision + 1, { etcd: { source: 'package' } });
    if (removed?.status === 204) await add(admin, file);
  }
});

t.test('R6 a store that lost a release takes no other etcd of its version while members were given it', async (t) => {
  const { coordinator, founder } = await founded(t);
  const file = await release('arm64', { version });
  await add(coordinator.admin, file);
  t.equal((await change(coordinator.admin, 1, { etcd, allowDowntime: true })).status, 200);
  const { etcd: state } = await founder.desiredState();
  await founder.report(servingAlone(state?.incarnation ?? '', founder.name));
  const lose = () =>
    coordinator.restart(async () => rmSync(placesIn(coordinator.config.dataDir).releases, { recursive: true }));
  await lose();
  const other = await release('arm64', { version, etcd: program('arm64', 'another etcd') });
  const given = hashOf(program('arm64', 'etcd'));
  const refused = failure('release_version_given', { version, architecture: 'arm64', cluster: 'x-k3s', given });
  t.strictSame((await add(coordinator.admin, other)).json(), refused.toWire());
  t.equal((await add(coordinator.admin, file)).status, 201, 'the same one is taken');
  await lose();
  t.equal((await change(coordinator.admin, 2, { etcd: { source: 'package' } })).status, 200);
  t.equal((await add(coordinator.admin, other)).status, 201, 'the cluster wants that version no longer');
});
