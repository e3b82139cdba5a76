import { failure } from '@picket/shared/errors.ts';
import type { Role } from '@picket/shared/protocol/roles.ts';
import t, { type Test } from 'tap';
import { routesOf } from '../../../../test/golden/routes.ts';
import { configDefaults } from '../../src/config/config.ts';
import type { Client } from '../support/client.ts';
import { type TestCoordinator, testCoordinator } from '../support/coordinator.ts';
import { createCluster, joinNode } from '../support/nodes.ts';

/** Routes that OpenAPI leaves out: anybody may call them. */
const hidden = [
  'GET /install.sh',
  'GET /install/node/{architecture}',
  'GET /install/picket-agent.cjs',
  'GET /openapi.json',
];
const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** Who may call a route, as OpenAPI says. `monitor`: on this machine anybody, from elsewhere a viewer. */
type Needed = 'anyone' | 'monitor' | 'node' | Role;

interface Operation {
  readonly security?: readonly { readonly clientCertificate?: readonly [Role | 'node'] }[];
}

/** By `METHOD /path/{parameter}`. */
async function neededByRoute({ stranger }: TestCoordinator): Promise<ReadonlyMap<string, Needed>> {
  const { paths } = (await stranger.get('/openapi.json')).json<{
    paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  }>();
  const listed = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, { security = [] }]): [string, Needed] => {
      const roles = security.map(({ clientCertificate }) => clientCertificate?.[0]);
      const [first = 'anyone'] = roles;
      return [`${method.toUpperCase()} ${path}`, roles.length > 1 ? 'monitor' : first];
    }),
  );
  return new Map([...listed, ...hidden.map((route): [string, Needed] => [route, 'anyone'])]);
}

/** The error code for callers who may not call the route; null for the others, whose answer may be anything else. */
const refusals: Readonly<Record<string, Readonly<Record<Needed, string | null>>>> = {
  stranger: everywhere('certificate_required'),
  'revoked operator': everywhere('certificate_required'),
  'evicted node': everywhere('node_evicted'),
  'compromised node': everywhere('certificate_required'),
  'node of a member': { ...everywhere('not_permitted'), node: null },
  viewer: { ...everywhere('not_permitted'), viewer: null },
  operator: { ...everywhere('not_permitted'), viewer: null, operator: null },
  admin: { ...everywhere('not_permitted'), viewer: null, operator: null, admin: null },
};

function everywhere(code: string): Readonly<Record<Needed, string | null>> {
  return { anyone: null, monitor: null, node: code, viewer: code, operator: code, admin: code };
}

const refused = new Set(['certificate_required', 'node_evicted', 'not_permitted']);

/** What is named does not exist, and a body is always wrong: nothing is changed, whoever asks. */
const sampleOf = (path: string) =>
  path
    .replace('{sha256}', 'ab'.repeat(32))
    .replace('{revision}', '7')
    .replace('{id}', 'unknown0')
    .replace(/\{\w+\}/g, 'nowhere');

async function toldTo(
  client: Client,
  route: string,
): Promise<{ readonly status: number; readonly code: string | null }> {
  const [method = '', path = ''] = route.split(' ');
  const bodied = method === 'GET' || method === 'DELETE' ? {} : { body: { unknown: true } };
  // An event stream does not end.
  const answer = await client.request(method, sampleOf(path), { ...bodied, enough: /^: / });
  return { status: answer.status, code: answer.status < 400 ? null : answer.json<{ code: string }>().code };
}

async function withCallers(t: Test) {
  const coordinator = await testCoordinator(t, Date.now(), {
    limits: {
      ...configDefaults.limits,
      strangerRequestsPerMinute: 100_000,
      newConnectionsPerAddressPerTenSeconds: 100_000,
    },
  });
  await createCluster(coordinator);
  const { admin } = coordinator;
  const [member, evicted, compromised] = [
    await joinNode(coordinator, 1),
    await joinNode(coordinator, 2),
    await joinNode(coordinator, 3),
  ];
  // Until then it counts as heard.
  coordinator.clock.now += 200_000;
  const gone = await admin.post(`/v1/nodes/${evicted.id}/evict`, { lost: true });
  const lockedOut = await admin.post(`/v1/nodes/${compromised.id}/evict`, { compromised: true });
  const revoked = coordinator.client(await coordinator.credentials('admin', 'former'));
  const revocation = await admin.request('DELETE', '/v1/operators/former');
  t.same([gone.status, lockedOut.status, revocation.status], [204, 200, 204]);
  const callers: Readonly<Record<keyof typeof refusals, Client>> = {
    stranger: coordinator.stranger,
    'revoked operator': revoked,
    'evicted node': evicted.client,
    'compromised node': compromised.client,
    'node of a member': member.client,
    viewer: await coordinator.operator('viewer'),
    operator: await coordinator.operator('operator'),
    admin,
  };
  return { coordinator, callers };
}

t.test('R8: each route answers those whom OpenAPI names, and refuses all others', async (t) => {
  const { coordinator, callers } = await withCallers(t);
  const needed = await neededByRoute(coordinator);
  for (const [route, access] of needed) {
    for (const [who, client] of Object.entries(callers)) {
      const { code } = await toldTo(client, route);
      const refusal = refusals[who]?.[access] ?? null;
      if (refusal === null) t.notOk(refused.has(code ?? ''), `${route} answers ${who}`);
      else t.equal(code, refusal, `${route} refuses ${who}`);
    }
  }
});

t.test('a path has no other methods than OpenAPI names', async (t) => {
  const { coordinator, callers } = await withCallers(t);
  const needed = await neededByRoute(coordinator);
  const paths = new Set([...needed.keys()].map((route) => route.split(' ')[1] ?? ''));
  for (const path of paths) {
    for (const route of methods.map((method) => `${method} ${path}`).filter((one) => !needed.has(one))) {
      for (const who of ['stranger', 'admin']) {
        const client = callers[who];
        if (client !== undefined)
          t.match(await toldTo(client, route), { status: 404, code: 'not_found' }, `${route} by ${who}`);
      }
    }
  }
});

t.test('R8: OpenAPI and the list of hidden routes have every existing route', async (t) => {
  const coordinator = await testCoordinator(t);
  const existing = routesOf(coordinator.running.app).map((route) => route.replaceAll(/:(\w+)/g, '{$1}'));
  t.same(existing.sort(), [...(await neededByRoute(coordinator)).keys()].sort());
});

t.test('R8: routes for monitors answer this machine, and elsewhere only operators', async (t) => {
  const coordinator = await testCoordinator(t);
  const routes = [...(await neededByRoute(coordinator))].filter(([, access]) => access === 'monitor');
  t.same(routes.map(([route]) => route).sort(), ['GET /healthz', 'GET /metrics', 'GET /readyz']);
  for (const [route] of routes) {
    const from = async (remoteAddress: string) =>
      (await coordinator.running.app.inject({ method: 'GET', url: route.split(' ')[1] ?? '', remoteAddress }))
        .statusCode;
    for (const own of ['127.0.0.1', '::ffff:127.0.0.1', '::1']) t.equal(await from(own), 200, `${route} from ${own}`);
    t.equal(await from('192.0.2.1'), 401, route);
  }
});

t.test('R8: a stranger’s refusal names what is missing', async (t) => {
  const { stranger } = await testCoordinator(t);
  const answer = await stranger.get('/v1/clusters');
  t.equal(answer.status, 401);
  t.strictSame(answer.json(), failure('certificate_required', { reason: 'none was presented' }).toWire());
});

t.test('R8: a refusal for a role that is too low names the needed one', async (t) => {
  const coordinator = await testCoordinator(t);
  const viewer = await coordinator.operator('viewer');
  const answer = await viewer.post('/v1/tokens', { cluster: 'x-k3s' });
  t.equal(answer.status, 403);
  t.strictSame(
    answer.json(),
    failure('not_permitted', { principal: 'operator viewer', needs: 'the role operator' }).toWire(),
  );
});

t.test('R8: a node is refused on a route for operators', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const node = await joinNode(coordinator, 1);
  const answer = await node.client.get('/v1/nodes');
  const needs = 'an operator with the role viewer';
  t.strictSame(answer.json(), failure('not_permitted', { principal: `node ${node.id}`, needs }).toWire());
});

t.test('R8: an operator is refused on a route for nodes', async (t) => {
  const { admin } = await testCoordinator(t);
  const answer = await admin.get('/v1/node/desired-state');
  t.strictSame(
    answer.json(),
    failure('not_permitted', { principal: 'operator ada', needs: 'a node certificate' }).toWire(),
  );
});

t.test('a change of role takes effect at the next request of a connection', async (t) => {
  const coordinator = await testCoordinator(t);
  const operator = await coordinator.operator('operator');
  t.equal((await operator.get('/v1/nodes')).status, 200);
  t.equal(
    (await coordinator.admin.request('PATCH', '/v1/operators/operator', { body: { role: 'viewer' } })).status,
    200,
  );
  t.equal((await operator.post('/v1/tokens', { cluster: 'x-k3s' })).status, 403);
});
