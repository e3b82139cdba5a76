import { generateKey } from '@picket/shared/pki/keys.ts';
import type { AuditEntry } from '@picket/shared/protocol/audit.ts';
import { type LogOrder, logOrderHeader, takesHeader, takesLogOrders } from '@picket/shared/protocol/logs.ts';
import type { Page } from '@picket/shared/protocol/page.ts';
import type { ReadoptionView } from '@picket/shared/protocol/readoption.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t, { type Test } from 'tap';
import { placesIn } from '../../src/files/data-dir.ts';
import { freezeIdentity } from '../../src/identity/freeze-identity.ts';
import { hashOf, program, release } from '../releases/sample-programs.ts';
import type { Answer, RequestOptions } from '../support/client.ts';
import { type TestCoordinator, testCoordinator } from '../support/coordinator.ts';
import { databaseOf, withHash } from '../support/database-pages.ts';
import {
  createCluster,
  createToken,
  joinNode,
  joinRequest,
  nodeWith,
  seedCluster,
  servingAlone,
  type TestNode,
} from '../support/nodes.ts';
import { addChannel } from '../support/notified.ts';
import { receiver } from '../support/receiver.ts';
import { backedUp } from '../support/restored.ts';
import { asked, clusterPath, founded, sendAll } from '../support/snapshots.ts';
import { tamper } from '../support/tampering.ts';
import { formed, reportAll } from '../support/voters.ts';

/** A coordinator in a state in which a request of this route succeeds, and what the audit log must say of it. */
interface Sample {
  readonly coordinator: TestCoordinator;
  readonly path: string;
  readonly options?: RequestOptions;
  readonly entry: Partial<AuditEntry> | Readonly<Record<string, unknown>>;
}

const cluster = 'cluster x-k3s';
const octets = { 'content-type': 'application/octet-stream' };
const tool = program('arm64');
const toolHash = hashOf(tool);
const ifMatch = { 'if-match': '"1"' };

async function declared(t: Test): Promise<TestCoordinator> {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  return coordinator;
}

async function joined(t: Test) {
  const coordinator = await declared(t);
  return { coordinator, node: await joinNode(coordinator, 1) };
}

async function withSnapshot(t: Test) {
  const { coordinator, founder } = await founded(t);
  const id = await asked(coordinator);
  await sendAll(founder, id);
  return { coordinator, founder, id };
}

/** A cluster on etcd 3.5.33 that goes to this release. */
async function toRelease(t: Test, way: 'upgrade' | 'downgrade', to: string) {
  const { coordinator } = await founded(t);
  const archive = await release('arm64', { version: to });
  const hash = hashOf(archive);
  const { admin } = coordinator;
  await admin.request('PUT', `/v1/releases/${hash}/content?offset=0`, { headers: octets, body: archive });
  await admin.post(`/v1/releases/${hash}`, { name: `etcd-v${to}-linux-arm64.tar.gz` });
  await admin.request('PATCH', clusterPath, { headers: ifMatch, body: { allowDowntime: true } });
  const options = { headers: { 'if-match': '"2"' }, body: { to } };
  const entry = { object: cluster, asked: { to }, before: { revision: 2 }, after: { upgrade: to } };
  return { coordinator, path: `${clusterPath}/${way}`, options, entry };
}

function upload({ admin }: TestCoordinator): Promise<Answer> {
  return admin.request('PUT', `/v1/releases/${toolHash}/content?offset=0`, { headers: octets, body: tool });
}

/** A replacement that waits for the end of a permit. */
async function replacing(t: Test) {
  const made = await formed(t);
  const { admin } = made.coordinator;
  for (const order of ['x-k3s-m-2/restart', 'x-k3s-m-3/replace']) {
    const body = order.endsWith('replace') ? {} : undefined;
    const answer = await admin.post(`${clusterPath}/members/${order}`, body);
    if (answer.status !== 200) throw new Error(answer.text);
  }
  return made;
}

const foreign = withHash(databaseOf({}));

async function importBegun(t: Test) {
  const coordinator = await declared(t);
  const begun = await coordinator.admin.post(`${clusterPath}/snapshot-imports`, {});
  return { coordinator, id: begun.json<{ id: string }>().id };
}

/** Routes that change nothing before another request ends what they send: that one has the entry. */
const recordedWithTheirEnd = ['PUT /v1/snapshot-imports/{id}/content'];

/** For each route by which an operator can change something: a request that succeeds. */
const samples: Readonly<Record<string, (t: Test) => Promise<Sample>>> = {
  'POST /v1/clusters': async (t) => ({
    coordinator: await testCoordinator(t),
    path: '/v1/clusters',
    options: { body: seedCluster() },
    entry: { object: null, asked: { name: 'x-k3s' }, before: null, after: { revision: 1, domain: 'edge.huatai.me' } },
  }),
  'PATCH /v1/clusters/{name}': async (t) => ({
    coordinator: await declared(t),
    path: clusterPath,
    options: { headers: ifMatch, body: { tuning: { heartbeatIntervalMs: 250 } } },
    entry: {
      object: cluster,
      before: { revision: 1, tuning: { heartbeatIntervalMs: 500 } },
      after: { revision: 2, tuning: { heartbeatIntervalMs: 250 } },
    },
  }),
  'POST /v1/clusters/{name}/revert': async (t) => {
    const coordinator = await declared(t);
    await coordinator.admin.request('PATCH', clusterPath, { headers: ifMatch, body: { vips: ['192.168.7.10'] } });
    const options = { headers: { 'if-match': '"2"' }, body: { revision: 1 } };
    const entry = { object: cluster, asked: { revision: 1 }, before: { vips: ['192.168.7.10'] }, after: { vips: [] } };
    return { coordinator, path: `${clusterPath}/revert`, options, entry };
  },
  'POST /v1/clusters/{name}/rollout': async (t) => ({
    coordinator: await declared(t),
    path: `${clusterPath}/rollout`,
    options: { body: { order: 'pause' } },
    entry: {
      object: cluster,
      asked: { order: 'pause' },
      before: { rollout: { paused: false } },
      after: { rollout: { paused: true } },
    },
  }),
  'POST /v1/clusters/{name}/unfreeze': async (t) => {
    const { coordinator, founder } = await founded(t);
    const { service, etcd } = servingAlone((await founder.desiredState()).etcd?.incarnation ?? '', founder.name);
    await founder.report({ service, etcd: etcd && { ...etcd, clusterId: 'c2' } });
    await founder.report({ service, etcd });
    const entry = { object: cluster, before: { frozen: { code: 'member_of_other_cluster' } }, after: { frozen: null } };
    return { coordinator, path: `${clusterPath}/unfreeze`, entry };
  },
  'POST /v1/clusters/{name}/reset': async (t) => {
    const { coordinator, node } = await joined(t);
    await node.report();
    const options = { body: { confirm: 'x-k3s' } };
    const entry = {
      object: cluster,
      asked: { confirm: 'x-k3s' },
      before: { incarnations: { 'x-k3s-m-1': { phase: 'founding' } } },
    };
    return { coordinator, path: `${clusterPath}/reset`, options, entry };
  },
  'POST /v1/clusters/{name}/delete': async (t) => ({
    coordinator: (await formed(t)).coordinator,
    path: `${clusterPath}/delete`,
    options: { body: { confirm: 'x-k3s', withoutSnapshot: true } },
    entry: {
      object: cluster,
      asked: { confirm: 'x-k3s', withoutSnapshot: true },
      before: { deletion: null, clusterId: 'c1', incarnations: { 'x-k3s-m-3': { phase: 'voter' } } },
      after: { deletion: { by: 'operator ada', name: 'x-k3s', force: false }, clusterId: null },
    },
  }),
  'POST /v1/clusters/{name}/members/{member}/replace': async (t) => ({
    coordinator: (await formed(t)).coordinator,
    path: `${clusterPath}/members/x-k3s-m-3/replace`,
    options: { body: { force: true } },
    entry: {
      object: 'member x-k3s-m-3 of cluster x-k3s',
      asked: { force: true },
      before: { incarnations: { 'x-k3s-m-3': { leaving: null } } },
      after: { incarnations: { 'x-k3s-m-3': { leaving: { force: true } } } },
    },
  }),
  'POST /v1/clusters/{name}/authentication': async (t) => ({
    coordinator: (await formed(t)).coordinator,
    path: `${clusterPath}/authentication`,
    options: { body: { enabled: true } },
    entry: {
      object: cluster,
      asked: { enabled: true },
      before: { authentication: null },
      after: { authentication: { enable: true } },
    },
  }),
  'POST /v1/clusters/{name}/members/{member}/restart': async (t) => ({
    coordinator: (await formed(t)).coordinator,
    path: `${clusterPath}/members/x-k3s-m-3/restart`,
    entry: {
      object: 'member x-k3s-m-3 of cluster x-k3s',
      before: { restarts: null },
      after: { restarts: 'x-k3s-m-3' },
    },
  }),
  'POST /v1/clusters/{name}/members/{member}/hold': async (t) => ({
    coordinator: (await formed(t)).coordinator,
    path: `${clusterPath}/members/x-k3s-m-3/hold`,
    options: { body: { seconds: 1800, reason: 'kernel update' } },
    entry: {
      object: 'member x-k3s-m-3 of cluster x-k3s',
      asked: { seconds: 1800, reason: 'kernel update' },
      before: { held: null },
      after: { held: { member: 'x-k3s-m-3', by: 'operator ada', why: 'kernel update', ends: false } },
    },
  }),
  'POST /v1/clusters/{name}/members/{member}/release': async (t) => {
    const { coordinator } = await formed(t);
    await coordinator.admin.post(`${clusterPath}/members/x-k3s-m-3/hold`, { seconds: 1800 });
    return {
      coordinator,
      path: `${clusterPath}/members/x-k3s-m-3/release`,
      entry: {
        object: 'member x-k3s-m-3 of cluster x-k3s',
        before: { held: { ends: false } },
        after: { held: { ends: true } },
      },
    };
  },
  'POST /v1/clusters/{name}/members/{member}/keep': async (t) => ({
    coordinator: (await replacing(t)).coordinator,
    path: `${clusterPath}/members/x-k3s-m-3/keep`,
    entry: {
      object: 'member x-k3s-m-3 of cluster x-k3s',
      before: { incarnations: { 'x-k3s-m-3': { leaving: { force: false } } } },
      after: { incarnations: { 'x-k3s-m-3': { leaving: null } } },
    },
  }),
  'POST /v1/clusters/{name}/members/{member}/move-leader': async (t) => ({
    coordinator: (await formed(t)).coordinator,
    path: `${clusterPath}/members/x-k3s-m-3/move-leader`,
    entry: {
      object: 'member x-k3s-m-3 of cluster x-k3s',
      before: { leadsNext: null },
      after: { leadsNext: 'x-k3s-m-3' },
    },
  }),
  'POST /v1/clusters/{name}/snapshots': async (t) => ({
    coordinator: (await founded(t)).coordinator,
    path: `${clusterPath}/snapshots`,
    entry: { object: cluster, before: { snapshot: null }, after: { snapshot: /^[0-9a-f]{20}$/ } },
  }),
  'POST /v1/clusters/{name}/restore': async (t) => {
    const { coordinator, id } = await withSnapshot(t);
    const body = { snapshot: id, force: true, confirm: 'x-k3s', lastSnapshot: null };
    const entry = {
      object: cluster,
      asked: body,
      before: { restores: null, clusterId: 'c1' },
      after: { restores: id },
    };
    return { coordinator, path: `${clusterPath}/restore`, options: { body }, entry };
  },
  'POST /v1/clusters/{name}/rehearsals': async (t) => {
    const { coordinator, id } = await withSnapshot(t);
    const body = { snapshot: id };
    const entry = { object: cluster, asked: body, before: null, after: null };
    return { coordinator, path: `${clusterPath}/rehearsals`, options: { body }, entry };
  },
  'POST /v1/clusters/{name}/upgrade': (t) => toRelease(t, 'upgrade', '3.5.34'),
  'POST /v1/clusters/{name}/downgrade': (t) => toRelease(t, 'downgrade', '3.5.32'),
  'POST /v1/clusters/{name}/snapshot-imports': async (t) => ({
    coordinator: await declared(t),
    path: `${clusterPath}/snapshot-imports`,
    options: { body: { sizeBytes: foreign.length } },
    entry: { object: cluster, asked: { sizeBytes: foreign.length }, before: null, after: null },
  }),
  'POST /v1/snapshot-imports/{id}': async (t) => {
    const { coordinator, id } = await importBegun(t);
    await coordinator.admin.request('PUT', `/v1/snapshot-imports/${id}/content?offset=0`, {
      headers: octets,
      body: foreign,
    });
    const asked = { sizeBytes: foreign.length, sha256: hashOf(foreign) };
    const after = { cluster: 'x-k3s', revision: 5, sha256: asked.sha256 };
    const entry = { object: `snapshot ${id}`, asked, before: null, after };
    return { coordinator, path: `/v1/snapshot-imports/${id}`, options: { body: asked }, entry };
  },
  'DELETE /v1/snapshot-imports/{id}': async (t) => {
    const { coordinator, id } = await importBegun(t);
    const entry = { object: `snapshot ${id}`, before: null, after: null };
    return { coordinator, path: `/v1/snapshot-imports/${id}`, entry };
  },
  'POST /v1/snapshots/{id}/verify': async (t) => {
    const { coordinator, id } = await withSnapshot(t);
    const entry = { object: `snapshot ${id}`, before: null, after: null };
    return { coordinator, path: `/v1/snapshots/${id}/verify`, entry };
  },
  'DELETE /v1/snapshots/{id}': async (t) => {
    const { coordinator, founder } = await founded(t);
    const id = await asked(coordinator);
    await sendAll(founder, id);
    await sendAll(founder, await asked(coordinator));
    const entry = { object: `snapshot ${id}`, before: { cluster: 'x-k3s', formation: 1 }, after: null };
    return { coordinator, path: `/v1/snapshots/${id}`, entry };
  },
  'GET /v1/snapshots/{id}/content': async (t) => {
    const { coordinator, id } = await withSnapshot(t);
    return { coordinator, path: `/v1/snapshots/${id}/content`, entry: { object: `snapshot ${id}` } };
  },
  'POST /v1/tokens': async (t) => ({
    coordinator: await declared(t),
    path: '/v1/tokens',
    options: { body: { cluster: 'x-k3s', member: 'x-k3s-m-1' } },
    entry: {
      object: null,
      asked: { cluster: 'x-k3s', member: 'x-k3s-m-1' },
      before: null,
      after: { cluster: 'x-k3s', kind: 'member', name: 'x-k3s-m-1', usesAllowed: 1, id: /^[0-9a-f]{20}$/ },
    },
  }),
  'DELETE /v1/tokens/{id}': async (t) => {
    const coordinator = await declared(t);
    const { id, expiresAt } = await createToken(coordinator);
    const entry = { object: `join token ${id}`, before: { expiresAt }, after: { expiresAt: /Z$/ } };
    return { coordinator, path: `/v1/tokens/${id}`, entry };
  },
  'POST /v1/notifications': async (t) => ({
    coordinator: await testCoordinator(t),
    path: '/v1/notifications',
    options: { body: { name: 'team', settings: { kind: 'ntfy', url: 'https://ntfy.example/topic', token: 'secret' } } },
    entry: {
      object: null,
      asked: { name: 'team' },
      before: null,
      after: { name: 'team', kind: 'ntfy', target: 'https://ntfy.example', clusters: null, severity: 'warning' },
    },
  }),
  'POST /v1/notifications/{name}/test': async (t) => {
    const coordinator = await testCoordinator(t);
    await addChannel(coordinator, { kind: 'webhook', url: (await receiver(t)).url });
    const entry = { object: 'channel team', before: null, after: null };
    return { coordinator, path: '/v1/notifications/team/test', entry };
  },
  'DELETE /v1/notifications/{name}': async (t) => {
    const coordinator = await testCoordinator(t);
    await addChannel(coordinator, { kind: 'ntfy', url: 'https://ntfy.example/topic' });
    const entry = { object: 'channel team', before: { target: 'https://ntfy.example' }, after: null };
    return { coordinator, path: '/v1/notifications/team', entry };
  },
  'POST /v1/operators': async (t) => ({
    coordinator: await testCoordinator(t),
    path: '/v1/operators',
    options: { body: { name: 'bob', role: 'viewer' } },
    entry: {
      object: null,
      asked: { name: 'bob', role: 'viewer' },
      before: null,
      after: { name: 'bob', role: 'viewer', login: /^[0-9a-f]{20}$/, loginExpiresAt: /Z$/ },
    },
  }),
  'POST /v1/operators/{name}/login': async (t) => ({
    coordinator: await testCoordinator(t),
    path: '/v1/operators/ada/login',
    options: { body: { ttlSeconds: 3600 } },
    entry: {
      object: 'operator ada',
      asked: { ttlSeconds: 3600 },
      before: null,
      after: { login: /^[0-9a-f]{20}$/, loginExpiresAt: /Z$/ },
    },
  }),
  'PATCH /v1/operators/{name}': async (t) => {
    const coordinator = await testCoordinator(t);
    await coordinator.operator('operator');
    const entry = { object: 'operator operator', before: { role: 'operator' }, after: { role: 'admin' } };
    return { coordinator, path: '/v1/operators/operator', options: { body: { role: 'admin' } }, entry };
  },
  'DELETE /v1/operators/{name}': async (t) => {
    const coordinator = await testCoordinator(t);
    await coordinator.operator('operator');
    const entry = { object: 'operator operator', before: { role: 'operator' }, after: null };
    return { coordinator, path: '/v1/operators/operator', entry };
  },
  'POST /v1/nodes/{id}/evict': async (t) => {
    const { coordinator, node } = await joined(t);
    const entry = { object: `node ${node.id}`, before: { evictedAt: null }, after: { evictedAt: /Z$/ } };
    return { coordinator, path: `/v1/nodes/${node.id}/evict`, entry };
  },
  'POST /v1/nodes/{id}/unfreeze': async (t) => {
    const { coordinator, node } = await joined(t);
    const { inventory, directory } = coordinator.running;
    const now = () => coordinator.clock.now;
    await freezeIdentity({ inventory, directory, now }, node.id, reason('two_runs_report'));
    const frozen = { code: 'two_runs_report' };
    const entry = { object: `node ${node.id}`, before: { frozen }, after: { frozen: null } };
    return { coordinator, path: `/v1/nodes/${node.id}/unfreeze`, entry };
  },
  'POST /v1/nodes/{id}/readoption': async (t) => {
    const { coordinator, founder } = await founded(t);
    await (await backedUp(coordinator))();
    await nodeWith(coordinator, founder).report();
    const path = `/v1/nodes/${founder.id}/readoption`;
    const key = (await coordinator.admin.get(path)).json<ReadoptionView>().keys[0]?.key;
    const entry = {
      object: `node ${founder.id}`,
      asked: { key },
      before: { awaitsReadoption: true },
      after: { awaitsReadoption: false },
    };
    return { coordinator, path, options: { body: { key } }, entry };
  },
  'POST /v1/nodes/{id}/logs': async (t) => {
    const { coordinator, node } = await joined(t);
    void answerLogOrder(node);
    const entry = { object: `node ${node.id}`, asked: { log: 'etcd' } };
    return { coordinator, path: `/v1/nodes/${node.id}/logs`, options: { body: { log: 'etcd' } }, entry };
  },
  'PUT /v1/releases/{sha256}/content': async (t) => ({
    coordinator: await testCoordinator(t),
    path: `/v1/releases/${toolHash}/content?offset=0`,
    options: { headers: octets, body: tool },
    entry: { object: `release ${toolHash}`, asked: { offset: '0' } },
  }),
  'POST /v1/releases/{sha256}': async (t) => {
    const coordinator = await testCoordinator(t);
    await upload(coordinator);
    const entry = {
      object: `release ${toolHash}`,
      asked: { name: 'etcdutl' },
      before: null,
      after: { architecture: 'arm64' },
    };
    return { coordinator, path: `/v1/releases/${toolHash}`, options: { body: { name: 'etcdutl' } }, entry };
  },
  'PUT /v1/release-fetches/{sha256}': async (t) => {
    // It gives no answer: the fetch is still under way when the entries are read.
    const mirror = await receiver(t);
    mirror.behave = () => {};
    const coordinator = await testCoordinator(t, Date.now(), { releases: { mirror: mirror.url } });
    const body = { version: '3.5.24', architecture: 'arm64' };
    const entry = { object: `release ${toolHash}`, asked: body, before: null, after: { ...body, mirror: mirror.url } };
    return { coordinator, path: `/v1/release-fetches/${toolHash}`, options: { body }, entry };
  },
  'DELETE /v1/releases/{sha256}': async (t) => {
    const coordinator = await testCoordinator(t);
    await upload(coordinator);
    await coordinator.admin.post(`/v1/releases/${toolHash}`, { name: 'etcdutl' });
    const entry = { object: `release ${toolHash}`, before: { architecture: 'arm64' }, after: null };
    return { coordinator, path: `/v1/releases/${toolHash}`, entry };
  },
};

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

interface Operation {
  readonly security?: readonly { readonly clientCertificate?: readonly string[] }[];
}

/** As an agent that polls until it is asked for a log. */
async function answerLogOrder({ client }: TestNode): Promise<void> {
  const path = '/v1/node/desired-state';
  const { etag = '' } = (await client.get(path)).headers;
  const headers = { 'if-none-match': etag, [takesHeader]: takesLogOrders };
  const polled = await client.get(`${path}?wait=30`, { headers });
  const { id } = JSON.parse(String(polled.headers[logOrderHeader])) as LogOrder;
  await client.post(`/v1/node/logs/${id}`, { lines: ['one'], cursor: 'cursor1', cut: false });
}

/** By the OpenAPI document: all that an operator may call, except reading. */
async function routesThatChange({ stranger }: TestCoordinator): Promise<readonly string[]> {
  const { paths } = (await stranger.get('/openapi.json')).json<Document>();
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ route: `${method.toUpperCase()} ${path}`, operation })),
  );
  const ofOperators = routes.filter(({ operation: { security = [] } }) =>
    security.some(({ clientCertificate = [] }) =>
      clientCertificate.some((role) => ['viewer', 'operator', 'admin'].includes(role)),
    ),
  );
  return ofOperators.map(({ route }) => route).filter((route) => !route.startsWith('GET '));
}

async function newest({ admin }: TestCoordinator, limit: number): Promise<readonly AuditEntry[]> {
  return (await admin.get(`/v1/audit?limit=${limit}`)).json<Page<AuditEntry>>().items;
}

t.test('each route by which an operator changes something has a sample here', async (t) => {
  const routes = await routesThatChange(await testCoordinator(t));
  t.ok(routes.length > 15);
  const all = [...Object.keys(samples), ...recordedWithTheirEnd];
  t.same([...routes, 'GET /v1/snapshots/{id}/content'].sort(), all.sort());
});

for (const [route, sampleOf] of Object.entries(samples)) {
  t.test(`R12: ${route} leaves its request and its result`, async (t) => {
    const { coordinator, path, options, entry } = await sampleOf(t);
    const [method = ''] = route.split(' ');
    const answer = await coordinator.admin.request(method, path, options);
    t.ok(answer.status < 300, `${answer.status} ${answer.text.slice(0, 200)}`);
    const [result, request] = await newest(coordinator, 2);
    const common = {
      by: 'operator ada',
      role: 'admin',
      serial: /^[0-9a-f]{2,}$/,
      from: '127.0.0.1',
      action: route.replaceAll(/\{(\w+)\}/g, ':$1'),
    };
    t.match(request, { ...common, kind: 'request', outcome: null, before: null, after: null });
    t.match(result, { ...common, kind: 'result', request: request?.number, outcome: 'done', ...entry });
  });
}

t.test('R12: the request is in the log before anything is changed', async (t) => {
  const coordinator = await declared(t);
  const seen: Promise<Page<AuditEntry>>[] = [];
  coordinator.failpoint = (name) => {
    if (name === 'publish.after-commit') seen.push(coordinator.running.inventory.audit.list({ limit: 1, after: null }));
  };
  await coordinator.admin.request('PATCH', clusterPath, { headers: ifMatch, body: { vips: ['192.168.7.10'] } });
  const [first] = await Promise.all(seen);
  t.match(first?.items, [{ kind: 'request', action: 'PATCH /v1/clusters/:name', object: cluster }]);
});

t.test('R12: what cannot be recorded is not done', async (t) => {
  const coordinator = await declared(t);
  const { id } = await createToken(coordinator);
  const full = "create trigger no_entry before insert on audit begin select raise(abort, 'no entry'); end";
  await coordinator.restart(async () => tamper(placesIn(coordinator.config.dataDir).database, full));
  const { admin } = coordinator;
  const body = { vips: ['192.168.7.10'] };
  t.equal((await admin.request('PATCH', clusterPath, { headers: ifMatch, body })).status, 500);
  t.match((await admin.get(clusterPath)).json(), { spec: { revision: 1 } });
  t.equal((await admin.request('DELETE', `/v1/tokens/${id}`)).status, 500);
  t.match((await admin.get('/v1/events?limit=1')).json(), { items: [{ kind: 'token-created' }] });
  t.equal((await upload(coordinator)).status, 500);
  t.equal((await admin.post(`/v1/releases/${toolHash}`, { name: 'etcdutl' })).status, 500);
  t.same((await admin.get('/v1/releases')).json(), { items: [] });
});

t.test('what an operator was refused has the code of the error, and no change', async (t) => {
  const coordinator = await declared(t);
  const headers = { 'if-match': '"7"' };
  await coordinator.admin.request('PATCH', clusterPath, { headers, body: { vips: ['192.168.7.10'] } });
  const [result, request] = await newest(coordinator, 2);
  t.match(request, { kind: 'request', object: cluster });
  t.match(request, { asked: { vips: ['192.168.7.10'] } });
  t.match(result, { kind: 'result', outcome: 'revision_conflict', before: null, after: null });
  await coordinator.admin.request('PATCH', clusterPath, { headers: ifMatch, body: { colour: 'red' } });
  t.equal((await newest(coordinator, 1))[0]?.number, result?.number, 'a request that is not valid never begins');
});

t.test('R12: a join that takes the place of another machine is recorded, with its address', async (t) => {
  const { coordinator, nodes } = await formed(t);
  coordinator.clock.now += 100_000;
  await reportAll(nodes.slice(0, 2));
  const { id, joinString } = await createToken(coordinator, { member: 'x-k3s-m-3' });
  const { status } = await coordinator.stranger.post('/v1/join', joinRequest(joinString, await generateKey('p256'), 3));
  t.equal(status, 200);
  t.match(await newest(coordinator, 1), [
    {
      kind: 'join',
      by: `join token ${id}`,
      from: '127.0.0.1',
      action: 'POST /v1/join',
      object: 'member x-k3s-m-3 of cluster x-k3s',
      asked: { tokenMadeBy: 'operator ada' },
      outcome: 'done',
      before: { node: nodes[2]?.id },
      after: { node: /^[0-9a-f]{20}$/, key: /^[0-9a-f]{64}$/ },
    },
  ]);
});

t.test('R11: no entry has the secret of a join token, or its hash', async (t) => {
  const coordinator = await declared(t);
  const { joinString } = await createToken(coordinator);
  const [, , secret = 'none'] = joinString.split('.');
  const { text } = await coordinator.admin.get('/v1/audit/export');
  t.match(text, /"usesAllowed":1/);
  t.notOk(text.includes(secret));
  t.notOk(text.includes('secretHash'));
});

t.test('a client that goes away before the answer does not keep the result out of the log', async (t) => {
  const coordinator = await declared(t);
  const away = new AbortController();
  coordinator.failpoint = () => away.abort();
  const options = { headers: ifMatch, body: { vips: ['192.168.7.10'] }, signal: away.signal };
  await t.rejects(coordinator.admin.request('PATCH', clusterPath, options));
  await coordinator.running.app.close();
  const { items } = await coordinator.running.inventory.audit.list({ limit: 2, after: null });
  t.match(items, [{ kind: 'result', outcome: 'done' }, { kind: 'request' }]);
});
