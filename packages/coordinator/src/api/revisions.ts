import { failure } from '@picket/shared/errors.ts';
import { isoTime } from '@picket/shared/iso-time.ts';
import { ClusterView } from '@picket/shared/protocol/clusters.ts';
import { PageQuery } from '@picket/shared/protocol/page.ts';
import { RevertRequest, RevisionView, RolloutOrder } from '@picket/shared/protocol/revisions.ts';
import { ClusterName, strict } from '@picket/shared/protocol/words.ts';
import { Type } from 'typebox';
import { revertedSpec } from '../declaration/make-spec.ts';
import type { RevisionRecord } from '../inventory/inventory.ts';
import { changeSpec } from '../operations/change-spec.ts';
import { steer } from '../operations/steer.ts';
import { changedCluster, ofCluster } from './audited-clusters.ts';
import { clusterView, etagOf, revisionOf } from './cluster-view.ts';
import type { ApiDeps } from './deps.ts';
import { operatorOf } from './mutual-tls.ts';
import { mapPage, pageOf, pageSchema } from './page.ts';
import type { App } from './typed.ts';

const ByName = Type.Object({ name: ClusterName }, strict);
const ByRevision = Type.Object({ name: ClusterName, revision: Type.String({ pattern: '^[1-9][0-9]{0,9}$' }) }, strict);

/** Earlier specs of a cluster, the way back to one of them, and how the newest one reaches its members. */
export function revisionRoutes(app: App, deps: ApiDeps): void {
  const { executor, inventory } = deps;

  async function find(name: string, revision: number): Promise<RevisionRecord> {
    executor.situation(name);
    const found = await inventory.revisions.find(name, revision);
    if (found === null) throw failure('revision_unknown', { name, revision });
    return found;
  }

  app.get(
    '/v1/clusters/:name/revisions',
    {
      config: { access: 'viewer' },
      schema: {
        params: ByName,
        querystring: Type.Omit(PageQuery, ['cluster'], strict),
        response: { 200: pageSchema(RevisionView) },
      },
    },
    async ({ params, query }) => {
      executor.situation(params.name);
      return mapPage(await inventory.revisions.list(pageOf(query), params.name), revisionView);
    },
  );

  app.get(
    '/v1/clusters/:name/revisions/:revision',
    { config: { access: 'viewer' }, schema: { params: ByRevision, response: { 200: RevisionView } } },
    async ({ params }) => revisionView(await find(params.name, Number(params.revision))),
  );

  app.post(
    '/v1/clusters/:name/revert',
    {
      config: { access: 'operator', audit: { object: ofCluster, asks: ['revision'] } },
      schema: { params: ByName, body: RevertRequest, response: { 200: ClusterView } },
    },
    async (request, reply) => {
      const { name } = request.params;
      const expected = revisionOf(request.headers['if-match']);
      const { spec: earlier } = await find(name, request.body.revision);
      const by = `operator ${operatorOf(request).name}, back to revision ${request.body.revision}`;
      const done = await executor.run(
        name,
        changeSpec(expected, by, (spec) => revertedSpec(spec, earlier)),
      );
      const record = changedCluster(request, done);
      return reply.header('etag', etagOf(record)).send(clusterView(deps, record));
    },
  );

  app.post(
    '/v1/clusters/:name/rollout',
    {
      config: { access: 'operator', audit: { object: ofCluster, asks: ['order'] } },
      schema: { params: ByName, body: RolloutOrder, response: { 200: ClusterView } },
    },
    async (request, reply) => {
      const by = `operator ${operatorOf(request).name}`;
      const { order } = request.body;
      // Only abort changes the spec: the revision keeps an operator from undoing another one's change unseen.
      const expected = order === 'abort' ? revisionOf(request.headers['if-match']) : null;
      const record = changedCluster(request, await executor.run(request.params.name, steer(order, { expected, by })));
      return reply.header('etag', etagOf(record)).send(clusterView(deps, record));
    },
  );
}

function revisionView({ spec, at, by }: RevisionRecord): RevisionView {
  return { revision: spec.revision, at: isoTime(at), by, spec };
}
