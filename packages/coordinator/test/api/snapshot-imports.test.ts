import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { failure } from '@picket/shared/errors.ts';
import type { EventView } from '@picket/shared/protocol/events.ts';
import type { Page } from '@picket/shared/protocol/page.ts';
import { type SnapshotView, snapshotPartBytes } from '@picket/shared/protocol/snapshots.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { ensureEtcd } from '../../../../test/support/etcd-binaries.ts';
import { placesIn } from '../../src/files/data-dir.ts';
import type { Client } from '../support/client.ts';
import { type TestCoordinator, testCoordinator } from '../support/coordinator.ts';
import { databaseOf, withHash } from '../support/database-pages.ts';
import { createCluster } from '../support/nodes.ts';
import { reasonsOf, wireRefusal } from '../support/said.ts';
import { snapshotOfEtcd } from '../support/snapshot-of-etcd.ts';
import { asked, clusterPath, founded, sendAll, stateOf } from '../support/snapshots.ts';

const etcd = await ensureEtcd();
const small = withHash(databaseOf({ clusterVersion: '3.5.0', revision: 7 }));
const by = 'operator ada';

function begin({ admin }: TestCoordinator, body: object = {}) {
  return admin.post(`${clusterPath}/snapshot-imports`, body);
}

function sendPart(client: Client, id: string, offset: number, body: Uint8Array) {
  const headers = { 'content-type': 'application/octet-stream' };
  return client.request('PUT', `/v1/snapshot-imports/${id}/content?offset=${offset}`, { headers, body });
}

async function send(coordinator: TestCoordinator, octets: Buffer) {
  const begun = await begin(coordinator, { sizeBytes: octets.length });
  if (begun.status !== 201) throw new Error(begun.text);
  const { id } = begun.json<{ id: string }>();
  for (let offset = 0; offset < octets.length; offset += snapshotPartBytes)
    await sendPart(coordinator.admin, id, offset, octets.subarray(offset, offset + snapshotPartBytes));
  return coordinator.admin.post(`/v1/snapshot-imports/${id}`, {
    sizeBytes: octets.length,
    sha256: createHash('sha256').update(octets).digest('hex'),
  });
}

const filesOf = ({ config }: TestCoordinator) => readdirSync(placesIn(config.dataDir).snapshots);

t.test(
  'a snapshot of another etcd is imported before a cluster has members, and after a restart it is there',
  async (t) => {
    // More than one part.
    const puts = Array.from({ length: 8 }, (_, number) => ['put', `k${number}`, 'x'.repeat(100_000)]);
    const octets = readFileSync(await snapshotOfEtcd(t, etcd, puts));
    const coordinator = await testCoordinator(t, Date.now(), { etcdutlBinary: etcd.etcdutl });
    await createCluster(coordinator);
    const { admin } = coordinator;
    t.ok(octets.length > snapshotPartBytes);
    const answer = await send(coordinator, octets);
    t.equal(answer.status, 201, answer.text);
    const view = answer.json<SnapshotView>();
    t.match(view, {
      ...{ cluster: 'x-k3s', clusterId: null, formation: null, member: null, etcdVersion: null, revision: 9 },
      ...{ sizeBytes: octets.length, checkedBy: 'etcdutl', object: null },
    });
    t.strictSame(reasonsOf([view.why]), [reason('imported', { by })]);
    t.match(await stateOf(coordinator), { last: null, task: null }, 'it is none of the cluster');
    const { items: events } = (await admin.get('/v1/events?kind=snapshot-imported')).json<Page<EventView>>();
    t.match(events, [{ cluster: 'x-k3s', facts: { snapshot: view.id, by, revision: 9 } }]);
    const { items: entries } = (await admin.get('/v1/audit')).json<Page<{ action: string; outcome: string | null }>>();
    const imports = entries.filter(({ action }) => action.includes('snapshot-imports'));
    t.strictSame(
      imports.filter(({ outcome }) => outcome !== null).map(({ action, outcome }) => [action, outcome]),
      [
        ['POST /v1/snapshot-imports/:id', 'done'],
        ['POST /v1/clusters/:name/snapshot-imports', 'done'],
      ],
      'its beginning and its end, and not each part',
    );
    await coordinator.restart();
    const listed = (await coordinator.admin.get('/v1/snapshots')).json<Page<SnapshotView>>().items;
    t.strictSame(listed, [view]);
    const verified = await coordinator.admin.post(`/v1/snapshots/${view.id}/verify`);
    t.match(verified.json(), { sha256: view.sha256, checkedBy: 'etcdutl' });

    const restored = await coordinator.admin.post(`${clusterPath}/restore`, { snapshot: view.id });
    t.strictSame(restored.json(), view, 'no force is needed: nothing is given up');
    const again = await begin(coordinator);
    t.equal(again.status, 201, 'another one may be imported while it is restored');
  },
);

t.test('an imported snapshot is never the latest one of its cluster, nor the last one before a restore', async (t) => {
  const { coordinator, founder } = await founded(t);
  const taken = await asked(coordinator);
  await sendAll(founder, taken);
  const { id } = (await send(coordinator, small)).json<SnapshotView>();
  t.match(await stateOf(coordinator), { last: { id: taken } });
  const restored = await coordinator.admin.post(`${clusterPath}/restore`, {
    ...{ snapshot: taken, force: true, confirm: 'x-k3s', lastSnapshot: id },
  });
  t.match(restored.json(), wireRefusal('restore_snapshot_first'));
  const removed = await coordinator.admin.request('DELETE', `/v1/snapshots/${id}`);
  t.equal(removed.status, 204, removed.text);
});

t.test('only an admin imports, and into a cluster that exists', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  for (const role of ['viewer', 'operator'] as const) {
    const client = await coordinator.operator(role);
    t.match((await client.post(`${clusterPath}/snapshot-imports`, {})).json(), { code: 'not_permitted' });
    t.match((await sendPart(client, 'import000001', 0, small)).json(), { code: 'not_permitted' });
  }
  const unknown = await coordinator.admin.post('/v1/clusters/other/snapshot-imports', {});
  t.match(unknown.json(), wireRefusal('not_found', { what: 'cluster', name: 'other' }));
  t.match((await sendPart(coordinator.admin, 'import000001', 0, small)).json(), {
    ...wireRefusal('not_found', { what: 'import', name: 'import000001' }),
  });
  const json = await coordinator.admin.request('PUT', '/v1/snapshot-imports/import000001/content?offset=0', {
    body: {},
  });
  t.match(json.json(), { code: 'invalid_request' });
});

t.test('what is refused leaves nothing, and an import that the coordinator did not end neither', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const refused = await send(coordinator, small.subarray(0, -32));
  t.strictSame(
    refused.json(),
    failure('snapshot_import_refused', { cluster: 'x-k3s', reason: reason('import_has_no_hash') }).toWire(),
  );
  t.strictSame(filesOf(coordinator), []);
  const { id } = (await begin(coordinator)).json<{ id: string }>();
  await sendPart(coordinator.admin, id, 0, small);
  t.match(
    (await begin(coordinator)).json(),
    wireRefusal('snapshot_import_running', { cluster: 'x-k3s', by, minutes: 2 }),
  );
  t.strictSame(filesOf(coordinator), [`${id}.db.part`]);
  await coordinator.restart();
  t.strictSame(filesOf(coordinator), []);
  t.match((await sendPart(coordinator.admin, id, small.length, small)).json(), { code: 'not_found' });
  const next = (await begin(coordinator)).json<{ id: string }>().id;
  t.equal((await coordinator.admin.request('DELETE', `/v1/snapshot-imports/${next}`)).status, 204);
  t.equal((await send(coordinator, small)).status, 201);
});
