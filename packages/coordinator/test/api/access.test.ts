import t from 'tap';
import type { Client } from '../support/client.ts';
import { testCoordinator } from '../support/coordinator.ts';
import { createCluster, joinNode } from '../support/nodes.ts';

const someHash = 'ab'.repeat(32);

type Who = 'stranger' | 'node' | 'viewer' | 'operator' | 'admin';

/** What each caller gets: a status, or the code of the error. A wrong body or name is refused only afterwards. */
const table: readonly (readonly [route: string, ...answers: [string, string, string, string, string]])[] = [
  // route                              stranger                node             viewer           operator         admin
  ['GET /v1/trust-bundle', '200', '200', '200', '200', '200'],
  ['POST /v1/login', 'invalid_request', 'invalid_request', 'invalid_request', 'invalid_request', 'invalid_request'],
  ['POST /v1/join', 'invalid_request', 'invalid_request', 'invalid_request', 'invalid_request', 'invalid_request'],
  [
    'POST /v1/join/client',
    'invalid_request',
    'invalid_request',
    'invalid_request',
    'invalid_request',
    'invalid_request',
  ],
  ['GET /v1/node/desired-state', 'certificate_required', '200', 'not_permitted', 'not_permitted', 'not_permitted'],
  [
    'POST /v1/node/certificates',
    'certificate_required',
    'invalid_request',
    'not_permitted',
    'not_permitted',
    'not_permitted',
  ],
  [
    'POST /v1/node/report',
    'certificate_required',
    'invalid_request',
    'not_permitted',
    'not_permitted',
    'not_permitted',
  ],
  ['POST /v1/clusters', 'certificate_required', 'not_permitted', 'not_permitted', 'invalid_request', 'invalid_request'],
  ['GET /v1/clusters', 'certificate_required', 'not_permitted', '200', '200', '200'],
  ['GET /v1/clusters/x-k3s', 'certificate_required', 'not_permitted', '200', '200', '200'],
  [
    'PATCH /v1/clusters/x-k3s',
    'certificate_required',
    'not_permitted',
    'not_permitted',
    'invalid_request',
    'invalid_request',
  ],
  ['GET /v1/clusters/x-k3s/status', 'certificate_required', 'not_permitted', '200', '200', '200'],
  ['GET /v1/clusters/x-k3s/diagnosis', 'certificate_required', 'not_permitted', '200', '200', '200'],
  ['GET /v1/clusters/x-k3s/revisions', 'certificate_required', 'not_permitted', '200', '200', '200'],
  ['GET /v1/clusters/x-k3s/revisions/1', 'certificate_required', 'not_permitted', '200', '200', '200'],
  [
    'POST /v1/clusters/x-k3s/revert',
    'certificate_required',
    'not_permitted',
    'not_permitted',
    'invalid_request',
    'invalid_request',
  ],
  [
    'POST /v1/clusters/x-k3s/rollout',
    'certificate_required',
    'not_permitted',
    'not_permitted',
    'invalid_request',
    'invalid_request',
  ],
  [
    'POST /v1/clusters/x-k3s/reset',
    'certificate_required',
    'not_permitted',
    'not_permitted',
    'not_permitted',
    'reset_refused',
  ],
  [
    'POST /v1/clusters/x-k3s/members/x-k3s-m-2/replace',
    'certificate_required',
    'not_permitted',
    'not_permitted',
    'not_permitted',
    'replace_refused',
  ],
  [
    'POST /v1/clusters/x-k3s/members/x-k3s-m-2/restart',
    'certificate_required',
    'not_permitted',
    'not_permitted',
    'disruption_refused',
    'disruption_refused',
  ],
  [
    'POST /v1/clusters/x-k3s/members/x-k3s-m-2/keep',
    'certificate_required',
    'not_permitted',
    'not_permitted',
    'not_permitted',
    'keep_refused',
  ],
  [
    'POST /v1/clusters/x-k3s/members/x-k3s-m-2/hold',
    'certificate_required',
    'not_permitted',
    'not_permitted',
    'invalid_request',
    'invalid_request',
  ],
  [
    'POST /v1/clusters/x-k3s/members/x-k3s-m-2/release',
    'certificate_required',
    'not_permitted',
    'not_permitted',
    'member_not_held',
    'member_not_held',
  ],
  [
    'POST /v1/clusters/x-k3s/members/x-k3s-m-2/move-leader',
    'certificate_required',
    'not_permitted',
    'not_permitted',
    'handover_refused',
    'handover_refused',
  ],
  [
    'POST /v1/clusters/x-k3s/unfreeze',
    'certificate_required',
    'not_permitted',
    'not_permitted',
    'not_permitted',
    'not_frozen',
  ],
  [
    'POST /v1/nodes/unknown0/evict',
    'certificate_required',
    'not_permitted',
    'not_permitted',
    'not_permitted',
    'not_found',
  ],
  ['GET /v1/notifications', 'certificate_required', 'not_permitted', '200', '200', '200'],
  [
    'POST /v1/notifications',
    'certificate_required',
    'not_permitted',
    'not_permitted',
    'not_permitted',
    'invalid_request',
  ],
  [
    'POST /v1/notifications/x-k3s/test',
    'certificate_required',
    'not_permitted',
    'not_permitted',
    'not_permitted',
    'not_found',
  ],
  [
    'DELETE /v1/notifications/x-k3s',
    'certificate_required',
    'not_permitted',
    'not_permitted',
    'not_permitted',
    'not_found',
  ],
  ['GET /v1/operators', 'certificate_required', 'not_permitted', '200', '200', '200'],
  ['POST /v1/operators', 'certificate_required', 'not_permitted', 'not_permitted', 'not_permitted', 'invalid_request'],
  [
    'POST /v1/operators/x-k3s/login',
    'certificate_required',
    'not_permitted',
    'not_permitted',
    'not_permitted',
    'not_found',
  ],
  [
    'PATCH /v1/operators/x-k3s',
    'certificate_required',
    'not_permitted',
    'not_permitted',
    'not_permitted',
    'invalid_request',
  ],
  [
    'DELETE /v1/operators/x-k3s',
    'certificate_required',
    'not_permitted',
    'not_permitted',
    'not_permitted',
    'not_found',
  ],
  ['GET /v1/releases', 'certificate_required', 'not_permitted', '200', '200', '200'],
  [
    `PUT /v1/releases/${someHash}/content`,
    'certificate_required',
    'not_permitted',
    'not_permitted',
    'not_permitted',
    'invalid_request',
  ],
  [
    `POST /v1/releases/${someHash}`,
    'certificate_required',
    'not_permitted',
    'not_permitted',
    'not_permitted',
    'invalid_request',
  ],
  [
    `DELETE /v1/releases/${someHash}`,
    'certificate_required',
    'not_permitted',
    'not_permitted',
    'not_permitted',
    'not_found',
  ],
  [
    `GET /v1/node/releases/${someHash}`,
    'certificate_required',
    'invalid_request',
    'not_permitted',
    'not_permitted',
    'not_permitted',
  ],
  ['GET /v1/node/member', 'certificate_required', '200', 'not_permitted', 'not_permitted', 'not_permitted'],
  ['POST /v1/node/hold', 'certificate_required', 'invalid_request', 'not_permitted', 'not_permitted', 'not_permitted'],
  [
    'POST /v1/node/release',
    'certificate_required',
    'member_not_held',
    'not_permitted',
    'not_permitted',
    'not_permitted',
  ],
  [
    'GET /install.sh',
    'installer_missing',
    'installer_missing',
    'installer_missing',
    'installer_missing',
    'installer_missing',
  ],
  [
    'GET /install/picket-agent.cjs',
    'installer_missing',
    'installer_missing',
    'installer_missing',
    'installer_missing',
    'installer_missing',
  ],
  [
    'GET /v1/installer',
    'certificate_required',
    'not_permitted',
    'installer_missing',
    'installer_missing',
    'installer_missing',
  ],
  [
    'POST /v1/nodes/unknown0/unfreeze',
    'certificate_required',
    'not_permitted',
    'not_permitted',
    'not_permitted',
    'not_found',
  ],
  ['GET /v1/nodes/unknown0/readoption', 'certificate_required', 'not_permitted', 'not_found', 'not_found', 'not_found'],
  [
    'POST /v1/nodes/unknown0/readoption',
    'certificate_required',
    'not_permitted',
    'not_permitted',
    'not_permitted',
    'invalid_request',
  ],
  ['POST /v1/recover', 'invalid_request', 'invalid_request', 'invalid_request', 'invalid_request', 'invalid_request'],
  ['POST /v1/tokens', 'certificate_required', 'not_permitted', 'not_permitted', 'invalid_request', 'invalid_request'],
  ['GET /v1/tokens', 'certificate_required', 'not_permitted', '200', '200', '200'],
  ['DELETE /v1/tokens/unknown0', 'certificate_required', 'not_permitted', 'not_permitted', 'not_found', 'not_found'],
  ['GET /v1/nodes', 'certificate_required', 'not_permitted', '200', '200', '200'],
  ['GET /v1/audit', 'certificate_required', 'not_permitted', 'not_permitted', 'not_permitted', '200'],
  ['GET /v1/audit/export', 'certificate_required', 'not_permitted', 'not_permitted', 'not_permitted', '200'],
  ['GET /v1/audit/head', 'certificate_required', 'not_permitted', '200', '200', '200'],
  ['GET /v1/certificates', 'certificate_required', 'not_permitted', '200', '200', '200'],
  ['GET /v1/certificates/in-force', 'certificate_required', 'not_permitted', '200', '200', '200'],
  ['GET /v1/events', 'certificate_required', 'not_permitted', '200', '200', '200'],
  ['GET /v1/events/stream', 'certificate_required', 'not_permitted', '200', '200', '200'],
  ['GET /v1/snapshots', 'certificate_required', 'not_permitted', '200', '200', '200'],
  ['GET /v1/snapshots/unknown0', 'certificate_required', 'not_permitted', 'not_found', 'not_found', 'not_found'],
  [
    'GET /v1/snapshots/unknown0/content',
    'certificate_required',
    'not_permitted',
    'not_permitted',
    'not_found',
    'not_found',
  ],
  [
    'POST /v1/snapshots/unknown0/verify',
    'certificate_required',
    'not_permitted',
    'not_permitted',
    'not_found',
    'not_found',
  ],
  ['GET /v1/clusters/x-k3s/authentication', 'certificate_required', 'not_permitted', '200', '200', '200'],
  [
    'POST /v1/clusters/x-k3s/authentication',
    'certificate_required',
    'not_permitted',
    'not_permitted',
    'not_permitted',
    'invalid_request',
  ],
  ['GET /v1/clusters/x-k3s/snapshots', 'certificate_required', 'not_permitted', '200', '200', '200'],
  [
    'POST /v1/clusters/x-k3s/snapshots',
    'certificate_required',
    'not_permitted',
    'not_permitted',
    'snapshot_refused',
    'snapshot_refused',
  ],
  [
    'POST /v1/clusters/x-k3s/restore',
    'certificate_required',
    'not_permitted',
    'not_permitted',
    'not_permitted',
    'invalid_request',
  ],
  [
    'PUT /v1/node/snapshots/unknown0',
    'certificate_required',
    'invalid_request',
    'not_permitted',
    'not_permitted',
    'not_permitted',
  ],
  [
    'POST /v1/node/snapshots/unknown0',
    'certificate_required',
    'invalid_request',
    'not_permitted',
    'not_permitted',
    'not_permitted',
  ],
  [
    'GET /v1/node/snapshots/unknown0',
    'certificate_required',
    'invalid_request',
    'not_permitted',
    'not_permitted',
    'not_permitted',
  ],
  ['GET /healthz', '200', '200', '200', '200', '200'],
  ['GET /readyz', '200', '200', '200', '200', '200'],
  ['GET /metrics', '200', '200', '200', '200', '200'],
  ['GET /openapi.json', '200', '200', '200', '200', '200'],
  // The last one: it succeeds, and ends the node too.
  ['POST /v1/clusters/x-k3s/delete', 'certificate_required', 'not_permitted', 'not_permitted', 'not_permitted', '200'],
];

t.test('R8: who may call which route', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const callers: Readonly<Record<Who, Client>> = {
    stranger: coordinator.stranger,
    node: (await joinNode(coordinator, 1)).client,
    viewer: await coordinator.operator('viewer'),
    operator: await coordinator.operator('operator'),
    admin: coordinator.admin,
  };
  for (const [route, ...answers] of table) {
    const [method = '', path = ''] = route.split(' ');
    for (const [index, who] of (Object.keys(callers) as Who[]).entries()) {
      const bodied = method === 'POST' || method === 'PATCH';
      const answer = await callers[who].request(method, path, {
        // Of a stream.
        enough: /^: /,
        ...(bodied && !/(reset|delete|unfreeze|evict|verify|x-k3s[/]snapshots)$/.test(path) ? { body: {} } : {}),
      });
      const got = answer.status < 400 ? String(answer.status) : answer.json<{ code: string }>().code;
      t.equal(got, answers[index], `${route} by ${who}`);
    }
  }
});

t.test('R8: the table above has every existing route', async (t) => {
  const { running } = await testCoordinator(t);
  const above: string[] = [];
  const registered = running.app
    .printRoutes({ commonPrefix: false })
    .split('\n')
    .flatMap((line) => {
      const [, indent = '', part = '', methods = ''] = /^([ │├└─]*)([^ │├└─]\S*) \(([A-Z, ]+)\)/.exec(line) ?? [];
      const depth = indent.length / 4 - 1;
      const path = `${above[depth - 1] ?? ''}${part}`;
      above[depth] = path;
      const sample = path
        .replace(':name', 'x-k3s')
        .replace(':member', 'x-k3s-m-2')
        .replace(':id', 'unknown0')
        .replace(':revision', '1')
        .replace(':sha256', someHash);
      return methods.split(', ').map((method) => `${method} ${sample}`);
    })
    .filter((route) => !route.startsWith('HEAD ') && route !== ' ');
  t.same(registered.sort(), table.map(([route]) => route).sort());
});

for (const path of ['/healthz', '/readyz', '/metrics']) {
  t.test(`R8: ${path} answers this machine, and elsewhere only operators`, async (t) => {
    const { running } = await testCoordinator(t);
    const from = async (remoteAddress: string) =>
      (await running.app.inject({ method: 'GET', url: path, remoteAddress })).statusCode;
    t.equal(await from('127.0.0.1'), 200);
    t.equal(await from('::ffff:127.0.0.1'), 200);
    t.equal(await from('::1'), 200);
    t.equal(await from('192.0.2.1'), 401);
  });
}

t.test('R8: a stranger’s refusal names what is missing', async (t) => {
  const { stranger } = await testCoordinator(t);
  const answer = await stranger.get('/v1/clusters');
  t.same(
    [answer.status, answer.json()],
    [
      401,
      {
        code: 'certificate_required',
        message:
          'This route needs a client certificate of this coordinator, and the coordinator accepted none: none was presented.',
        hint: 'On a node, join first: `picket-agent join`. As an operator, use the context file that `picket-coordinator init` wrote.',
        details: { reason: 'none was presented' },
      },
    ],
  );
});

t.test('R8: a refusal for a role that is too low names the needed one', async (t) => {
  const coordinator = await testCoordinator(t);
  const viewer = await coordinator.operator('viewer');
  const answer = await viewer.post('/v1/tokens', { cluster: 'x-k3s' });
  t.equal(answer.status, 403);
  t.equal(answer.error, 'not_permitted: The operator viewer may not do this: the role operator is needed.');
});

t.test('R8: a node is refused on a route for operators', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const node = await joinNode(coordinator, 1);
  const answer = await node.client.get('/v1/nodes');
  t.equal(
    answer.error,
    `not_permitted: The node ${node.id} may not do this: an operator with the role viewer is needed.`,
  );
});

t.test('R8: an operator is refused on a route for nodes', async (t) => {
  const { admin } = await testCoordinator(t);
  const answer = await admin.get('/v1/node/desired-state');
  t.equal(answer.error, 'not_permitted: The operator ada may not do this: a node certificate is needed.');
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
