import { readFile } from 'node:fs/promises';
import t from 'tap';
import { testCoordinator } from '../support/coordinator.ts';

interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

interface Operation {
  readonly security?: readonly { readonly clientCertificate?: readonly string[] }[];
}

t.test('OpenAPI lists every route', async (t) => {
  const { stranger } = await testCoordinator(t);
  const { paths } = (await stranger.get('/openapi.json')).json<Document>();
  const listed = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  t.same(listed.sort(), [
    'DELETE /v1/notifications/{name}',
    'DELETE /v1/operators/{name}',
    'DELETE /v1/releases/{sha256}',
    'DELETE /v1/snapshot-imports/{id}',
    'DELETE /v1/snapshots/{id}',
    'DELETE /v1/tokens/{id}',
    'GET /healthz',
    'GET /metrics',
    'GET /readyz',
    'GET /v1/audit',
    'GET /v1/audit/export',
    'GET /v1/audit/head',
    'GET /v1/backups',
    'GET /v1/certificates',
    'GET /v1/certificates/in-force',
    'GET /v1/clusters',
    'GET /v1/clusters/{name}',
    'GET /v1/clusters/{name}/advisories',
    'GET /v1/clusters/{name}/authentication',
    'GET /v1/clusters/{name}/diagnosis',
    'GET /v1/clusters/{name}/downgrade',
    'GET /v1/clusters/{name}/history',
    'GET /v1/clusters/{name}/revisions',
    'GET /v1/clusters/{name}/revisions/{revision}',
    'GET /v1/clusters/{name}/snapshots',
    'GET /v1/clusters/{name}/status',
    'GET /v1/clusters/{name}/upgrade',
    'GET /v1/events',
    'GET /v1/events/stream',
    'GET /v1/installer',
    'GET /v1/node/backups/{sha256}',
    'GET /v1/node/desired-state',
    'GET /v1/node/member',
    'GET /v1/node/releases/{sha256}',
    'GET /v1/node/snapshots/{id}',
    'GET /v1/nodes',
    'GET /v1/nodes/{id}/logs/{follow}',
    'GET /v1/nodes/{id}/readoption',
    'GET /v1/notifications',
    'GET /v1/operators',
    'GET /v1/release-fetches',
    'GET /v1/releases',
    'GET /v1/snapshots',
    'GET /v1/snapshots/{id}',
    'GET /v1/snapshots/{id}/content',
    'GET /v1/tokens',
    'GET /v1/trust-bundle',
    'PATCH /v1/clusters/{name}',
    'PATCH /v1/operators/{name}',
    'POST /v1/clusters',
    'POST /v1/clusters/{name}/authentication',
    'POST /v1/clusters/{name}/delete',
    'POST /v1/clusters/{name}/downgrade',
    'POST /v1/clusters/{name}/members/{member}/hold',
    'POST /v1/clusters/{name}/members/{member}/keep',
    'POST /v1/clusters/{name}/members/{member}/move-leader',
    'POST /v1/clusters/{name}/members/{member}/release',
    'POST /v1/clusters/{name}/members/{member}/replace',
    'POST /v1/clusters/{name}/members/{member}/restart',
    'POST /v1/clusters/{name}/rehearsals',
    'POST /v1/clusters/{name}/reset',
    'POST /v1/clusters/{name}/restore',
    'POST /v1/clusters/{name}/revert',
    'POST /v1/clusters/{name}/rollout',
    'POST /v1/clusters/{name}/snapshot-imports',
    'POST /v1/clusters/{name}/snapshots',
    'POST /v1/clusters/{name}/unfreeze',
    'POST /v1/clusters/{name}/upgrade',
    'POST /v1/join',
    'POST /v1/join/client',
    'POST /v1/login',
    'POST /v1/node/backups/{sha256}',
    'POST /v1/node/certificates',
    'POST /v1/node/hold',
    'POST /v1/node/logs/{id}',
    'POST /v1/node/release',
    'POST /v1/node/report',
    'POST /v1/node/snapshots/{id}',
    'POST /v1/nodes/{id}/evict',
    'POST /v1/nodes/{id}/logs',
    'POST /v1/nodes/{id}/readoption',
    'POST /v1/nodes/{id}/unfreeze',
    'POST /v1/notifications',
    'POST /v1/notifications/{name}/test',
    'POST /v1/operators',
    'POST /v1/operators/{name}/login',
    'POST /v1/recover',
    'POST /v1/releases/{sha256}',
    'POST /v1/snapshot-imports/{id}',
    'POST /v1/snapshots/{id}/verify',
    'POST /v1/tokens',
    'PUT /v1/node/snapshots/{id}',
    'PUT /v1/release-fetches/{sha256}',
    'PUT /v1/releases/{sha256}/content',
    'PUT /v1/snapshot-imports/{id}/content',
  ]);
});

t.test('OpenAPI describes the content of a body', async (t) => {
  const { stranger } = await testCoordinator(t);
  const { openapi, paths } = (await stranger.get('/openapi.json')).json<Document>();
  t.equal(openapi, '3.1.0');
  t.match(paths['/v1/tokens']?.post, {
    requestBody: {
      content: { 'application/json': { schema: { required: ['cluster'], additionalProperties: false } } },
    },
  });
});

t.test('OpenAPI says who may call a route, and the manual agrees', async (t) => {
  const { stranger } = await testCoordinator(t);
  const { paths } = (await stranger.get('/openapi.json')).json<Document>();
  t.same(paths['/healthz']?.get?.security, [{}, { clientCertificate: ['viewer'] }]);
  const roles = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { security = [] }]): readonly [string, string] => [
      `${method.toUpperCase()} ${path}`,
      security.at(-1)?.clientCertificate?.join() ?? 'anyone',
    ]),
  );
  const manual = await readFile(new URL('../../../../docs/reference/rest-api.md', import.meta.url), 'utf8');
  const told = manual.split('\n').flatMap((line) => {
    const [, routes = '', role = ''] = /^\| (`(?:GET|POST|PUT|PATCH|DELETE).*?`) +\| (\w+) /.exec(line) ?? [];
    return routes.split(', ').map((route): readonly [string, string] => [route.replaceAll('`', ''), role]);
  });
  const ofPrograms = ([route, role]: readonly [string, string]) =>
    route !== '' && role !== 'node' && !/ \/(openapi\.json|install|v1\/join|v1\/login|v1\/recover)/.test(route);
  t.same(Object.fromEntries(told.filter(ofPrograms)), Object.fromEntries(roles.filter(ofPrograms)));
});
