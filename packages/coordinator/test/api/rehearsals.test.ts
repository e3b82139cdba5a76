import { existsSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { failure } from '@picket/shared/errors.ts';
import type { ClusterStatusView } from '@picket/shared/protocol/clusters.ts';
import type { EventView } from '@picket/shared/protocol/events.ts';
import type { Page } from '@picket/shared/protocol/page.ts';
import { architectureOf } from '@picket/shared/protocol/releases.ts';
import type { RehearsalBegun, SnapshotView } from '@picket/shared/protocol/snapshots.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t, { type Test } from 'tap';
import { ensureEtcd } from '../../../../test/support/etcd-binaries.ts';
import { until } from '../../../../test/support/until.ts';
import type { Config } from '../../src/config/config.ts';
import { hashOf, release } from '../releases/sample-programs.ts';
import type { TestCoordinator } from '../support/coordinator.ts';
import { createCluster } from '../support/nodes.ts';
import { rehearsalEnded, rehearsalsOf } from '../support/rehearsals.ts';
import { reasonsOf, wireRefusal } from '../support/said.ts';
import { snapshotOfEtcd } from '../support/snapshot-of-etcd.ts';
import { asked, clusterPath, founded, sendOctets } from '../support/snapshots.ts';

const etcd = await ensureEtcd();
const hourMs = 3_600_000;

/** A cluster with a snapshot of a real etcd, on a coordinator that has etcd's programs. */
async function withSnapshot(t: Test, settings: Partial<Config> = {}) {
  const content = readFileSync(await snapshotOfEtcd(t, etcd));
  const { coordinator, founder } = await founded(t, { etcdutlBinary: etcd.etcdutl, ...settings });
  const taken = async () => {
    const id = await asked(coordinator);
    const answer = await sendOctets(founder, id, content);
    if (answer.status !== 200) throw new Error(answer.text);
    return id;
  };
  return { coordinator, founder, taken, id: await taken() };
}

function order({ admin }: TestCoordinator, body?: object) {
  return admin.post(`${clusterPath}/rehearsals`, body);
}

const rehearsals = (coordinator: TestCoordinator) => rehearsalsOf(coordinator, 'x-k3s');
const ended = (coordinator: TestCoordinator) => rehearsalEnded(coordinator, 'x-k3s');

async function noticesOf({ admin }: TestCoordinator) {
  const { notices } = (await admin.get(`${clusterPath}/status`)).json<ClusterStatusView>();
  return reasonsOf(notices).filter(({ code }) => code.startsWith('rehearsal_'));
}

function folderOf({ config }: TestCoordinator): string {
  return join(config.dataDir, 'rehearsal');
}

t.test('an operator rehearses the newest snapshot, and the status, an event and the state show it', async (t) => {
  const { coordinator, taken } = await withSnapshot(t);
  const { admin } = coordinator;
  t.strictSame(await rehearsals(coordinator), { task: null, worked: null, failure: null });
  const newest = await taken();
  const begun = await order(coordinator);
  t.equal(begun.status, 202, begun.text);
  const { id, snapshot } = begun.json<RehearsalBegun>();
  t.equal(snapshot, newest);
  t.match((await rehearsals(coordinator)).task, { id, snapshot, phase: /^(reads|restores|starts)$/ });
  t.match((await order(coordinator)).json(), wireRefusal('rehearsal_running', { cluster: 'x-k3s', snapshot }));
  const { worked, failure: failed } = await ended(coordinator);
  t.equal(failed, null);
  t.match(worked, { id, snapshot, etcdVersion: etcd.version, revision: 2, keys: 1, hash: Number, tookMs: Number });
  t.notOk(existsSync(folderOf(coordinator)));

  const { rehearsed } = (await admin.get(`${clusterPath}/status`)).json<ClusterStatusView>();
  t.strictSame(rehearsed, worked);
  const [event] = (await admin.get('/v1/events')).json<Page<EventView>>().items;
  const { tookMs } = worked ?? {};
  const facts = { snapshot, etcdVersion: etcd.version, revision: 2, keys: 1, tookMs };
  t.match(event, { kind: 'snapshot-rehearsed', cluster: 'x-k3s', facts });
  await taken();
  t.strictSame((await rehearsals(coordinator)).worked, worked, 'another snapshot changes nothing of it');
  await coordinator.restart();
  t.strictSame((await rehearsals(coordinator)).worked, worked);
});

t.test('one snapshot can be chosen, and only one of that cluster', async (t) => {
  const { coordinator, taken, id } = await withSnapshot(t);
  await taken();
  t.match((await order(coordinator, { snapshot: id })).json(), { snapshot: id });
  t.match(await ended(coordinator), { worked: { snapshot: id } });
  t.match((await order(coordinator, { snapshot: 'unknown00001' })).json(), wireRefusal('not_found'));
  await createCluster(coordinator, { name: 'other' });
  const of = (body: object) => coordinator.admin.post('/v1/clusters/other/rehearsals', body);
  const why = `the snapshot ${id} is of the cluster x-k3s`;
  t.strictSame(
    (await of({ snapshot: id })).json(),
    failure('rehearsal_refused', { cluster: 'other', reason: why }).toWire(),
  );
  const none = reason('no_snapshot_to_rehearse');
  t.strictSame((await of({})).json(), failure('rehearsal_refused', { cluster: 'other', reason: none }).toWire());
});

t.test('a damaged snapshot is a failed rehearsal, and the status says so until one works', async (t) => {
  const { coordinator, taken, id } = await withSnapshot(t);
  truncateSync(join(coordinator.config.dataDir, 'snapshots', `${id}.db`), 8192);
  t.equal((await order(coordinator)).status, 202);
  const { failure: failed, worked } = await ended(coordinator);
  const why = { code: 'picket_error', facts: { error: 'snapshot_damaged' } };
  t.match([failed, worked], [{ snapshot: id, count: 1, reason: why }, null]);
  t.match(await noticesOf(coordinator), [{ code: 'rehearsal_has_failed', facts: { snapshot: id, count: 1 } }]);
  await order(coordinator);
  t.match(await ended(coordinator), { failure: { count: 2 } });
  const [event] = (await coordinator.admin.get('/v1/events')).json<Page<EventView>>().items;
  t.match(event, { kind: 'rehearsal-failed', facts: { snapshot: id } });
  await taken();
  await order(coordinator);
  t.match(await ended(coordinator), { failure: null, worked: { keys: 1 } });
  t.strictSame(await noticesOf(coordinator), []);
});

t.test('R11: without an installed etcd, a release is run only if the configuration says so', async (t) => {
  const architecture = architectureOf(process.arch) ?? 'amd64';
  // Its programs are none.
  const content = await release(architecture, { version: etcd.version });
  for (const [runReleases, code] of [
    [false, 'rehearsal_no_program'],
    [true, 'rehearsal_not_restored'],
  ] as const) {
    const { coordinator } = await withSnapshot(t, { etcdutlBinary: '/nowhere/etcdutl', runReleases });
    const { admin } = coordinator;
    const sha256 = hashOf(content);
    const headers = { 'content-type': 'application/octet-stream' };
    await admin.request('PUT', `/v1/releases/${sha256}/content?offset=0`, { headers, body: content });
    const name = `etcd-v${etcd.version}-linux-${architecture}.tar.gz`;
    t.equal((await admin.post(`/v1/releases/${sha256}`, { name })).status, 201);
    await order(coordinator);
    t.equal((await ended(coordinator)).failure?.reason.code, code);
    await coordinator.running.close();
  }
});

t.test('by the schedule, a rehearsal begins when it is due, and after a failure sooner', async (t) => {
  const { coordinator, id } = await withSnapshot(t);
  const { admin, clock, running } = coordinator;
  await running.tick();
  t.match(await ended(coordinator), { worked: null }, 'there is no schedule');
  const { spec } = (await admin.get(clusterPath)).json<{ spec: { revision: number } }>();
  const changed = await admin.request('PATCH', clusterPath, {
    headers: { 'if-match': `"${spec.revision}"` },
    body: { snapshots: { rehearseEveryHours: 24 } },
  });
  t.equal(changed.status, 200, changed.text);
  await running.tick();
  const first = (await ended(coordinator)).worked;
  t.match(first, { snapshot: id });
  clock.now += 23 * hourMs;
  await running.tick();
  t.strictSame((await ended(coordinator)).worked, first);
  clock.now += hourMs;
  await running.tick();
  const second = (await ended(coordinator)).worked;
  t.not(second?.id, first?.id);
  t.strictSame(await noticesOf(coordinator), []);
  clock.now += 49 * hourMs;
  const late = reason('rehearsal_late', { workedAt: second?.at ?? '', everyHours: 24 });
  t.strictSame(await noticesOf(coordinator), [late]);
});

t.test(
  'what a coordinator left in the middle of a rehearsal is removed when it starts, and one that closes leaves nothing',
  async (t) => {
    const { coordinator, id } = await withSnapshot(t);
    const folder = folderOf(coordinator);
    await coordinator.restart(async () => {
      mkdirSync(join(folder, 'data'), { recursive: true });
      writeFileSync(join(folder, 'data', 'db'), 'secrets');
    });
    t.notOk(existsSync(folder));
    await order(coordinator);
    await until('it writes', async () => existsSync(join(folder, 'data')), { within: 60_000, every: 1 });
    await coordinator.restart();
    t.notOk(existsSync(folder));
    t.match(await rehearsals(coordinator), { task: null, worked: null, failure: null }, 'it is neither');
    t.equal((await coordinator.admin.get(`/v1/snapshots/${id}`)).json<SnapshotView>().id, id);
  },
);
