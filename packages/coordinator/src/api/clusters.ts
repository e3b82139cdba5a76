import { failure } from '@picket/shared/errors.ts';
import { ClusterChange, ClusterCreate, ClusterStatusView, ClusterView } from '@picket/shared/protocol/clusters.ts';
import { PageQuery } from '@picket/shared/protocol/operators.ts';
import { ClusterName, strict } from '@picket/shared/protocol/words.ts';
import { Type } from 'typebox';
import type { ClusterRecord } from '../inventory/inventory.ts';
import { changedSpec, makeSpec, specWarnings } from '../spec/make-spec.ts';
import { clusterStatus } from './cluster-status.ts';
import type { ApiDeps } from './deps.ts';
import { operatorOf } from './mutual-tls.ts';
import { iso, mapPage, pageOf, pageSchema } from './page.ts';
import { readoptionNotices } from './readoption.ts';
import type { App } from './typed.ts';

const ByName = Type.Object({ name: ClusterName }, strict);

export function clusterRoutes(app: App, deps: ApiDeps): void {
  const { authorities, executor, inventory } = deps;

  const view = ({ id, spec, createdAt }: ClusterRecord): ClusterView => ({
    spec,
    createdAt: iso(createdAt),
    clientAuthoritySpki: authorities.cluster(id).client.certificate.spkiHash,
    peerAuthoritySpki: authorities.cluster(id).peer.certificate.spkiHash,
    warnings: specWarnings(spec),
  });

  app.post(
    '/v1/clusters',
    { config: { access: 'operator' }, schema: { body: ClusterCreate, response: { 201: ClusterView } } },
    async (request, reply) => {
      const spec = makeSpec(request.body);
      if (executor.clusters().includes(spec.name)) throw failure('cluster_exists', { name: spec.name });
      const id = deps.newId();
      // The authorities first: a crash in between leaves keys that nothing names, never a cluster without keys.
      await authorities.createCluster({ id, name: spec.name, keyType: spec.keyType });
      const record = await executor.create(id, spec);
      return reply.code(201).header('etag', etagOf(record)).send(view(record));
    },
  );

  app.get(
    '/v1/clusters',
    {
      config: { access: 'viewer' },
      schema: { querystring: Type.Omit(PageQuery, ['cluster'], strict), response: { 200: pageSchema(ClusterView) } },
    },
    async (request) => mapPage(await inventory.clusters.list(pageOf(request.query)), view),
  );

  app.get(
    '/v1/clusters/:name',
    { config: { access: 'viewer' }, schema: { params: ByName, response: { 200: ClusterView } } },
    async (request, reply) => {
      const { record } = executor.situation(request.params.name);
      return reply.header('etag', etagOf(record)).send(view(record));
    },
  );

  app.patch(
    '/v1/clusters/:name',
    {
      config: { access: 'operator' },
      schema: { params: ByName, body: ClusterChange, response: { 200: ClusterView } },
    },
    async (request, reply) => {
      const expected = revisionOf(request.headers['if-match']);
      const record = await executor.changeSpec(request.params.name, expected, (spec) =>
        changedSpec(spec, request.body),
      );
      return reply.header('etag', etagOf(record)).send(view(record));
    },
  );

  app.get(
    '/v1/clusters/:name/status',
    { config: { access: 'viewer' }, schema: { params: ByName, response: { 200: ClusterStatusView } } },
    async (request) => {
      const cluster = executor.situation(request.params.name);
      const status = clusterStatus(cluster, deps.now(), (nodeId) => deps.directory.identityOf(nodeId));
      // Whose nodes count for nothing yet is not said to be silent or ill.
      const notices = deps.restoration.rests(status.name) ? specWarnings(cluster.record.spec) : status.notices;
      return { ...status, notices: [...readoptionNotices(deps, cluster), ...notices] };
    },
  );

  app.post(
    '/v1/clusters/:name/unfreeze',
    { config: { access: 'admin' }, schema: { params: ByName, response: { 200: ClusterView } } },
    async (request) => view(await executor.unfreeze(request.params.name, `operator ${operatorOf(request).name}`)),
  );

  app.post(
    '/v1/clusters/:name/reset',
    { config: { access: 'admin' }, schema: { params: ByName, response: { 200: ClusterView } } },
    async (request) => view(await executor.reset(request.params.name, `operator ${operatorOf(request).name}`)),
  );
}

function etagOf({ spec }: ClusterRecord): string {
  return `"${spec.revision}"`;
}

/** Two operators cannot overwrite each other: a change names the revision it was made against. */
function revisionOf(ifMatch: string | undefined): number {
  const match = /^"([1-9][0-9]{0,9})"$/.exec(ifMatch ?? '');
  if (match === null) {
    const problem = 'headers/if-match must hold the revision that the change was made against, such as "3"';
    throw failure('invalid_request', { problem });
  }
  return Number(match[1]);
}
