import { clusterContracts } from '@picket/shared/contract/clusters.ts';
import { failure } from '@picket/shared/errors.ts';
import { isoTime } from '@picket/shared/iso-time.ts';
import type { RevisionView } from '@picket/shared/protocol/revisions.ts';
import { revertedSpec } from '../declaration/make-spec.ts';
import type { RevisionRecord } from '../inventory/inventory.ts';
import { changeSpec } from '../operations/change-spec.ts';
import { steer } from '../operations/steer.ts';
import { upgrade, upgradePlan } from '../operations/upgrade.ts';
import { changedCluster } from './audited.ts';
import { clusterView, etagOf, revisionOf } from './cluster-view.ts';
import type { ApiDeps } from './deps.ts';
import { byOperator, operatorOf } from './mutual-tls.ts';
import { mapPage, pageOf } from './page.ts';
import { type App, route } from './route.ts';

/** Earlier specs of a cluster, the way back to one of them, and how the newest one reaches its members. */
export function revisionRoutes(app: App, deps: ApiDeps): void {
  const { executor, inventory } = deps;

  async function find(name: string, revision: number): Promise<RevisionRecord> {
    executor.situation(name);
    const found = await inventory.revisions.find(name, revision);
    if (found === null) throw failure('revision_unknown', { cluster: name, revision });
    return found;
  }

  route(app, clusterContracts.revisions, async ({ params, query }) => {
    executor.situation(params.name);
    return mapPage(await inventory.revisions.list(pageOf(query), params.name), revisionView);
  });

  route(app, clusterContracts.revision, async ({ params }) =>
    revisionView(await find(params.name, Number(params.revision))),
  );

  route(
    app,
    clusterContracts.revertCluster,
    { audit: { object: 'cluster :name', asks: ['revision'] } },
    async (request, reply) => {
      const { name } = request.params;
      const expected = revisionOf(request.headers['if-match']);
      const { spec: earlier } = await find(name, request.body.revision);
      const by = `operator ${operatorOf(request).name}, back to revision ${request.body.revision}`;
      const done = await executor.run(
        name,
        changeSpec(expected, by, (spec) => revertedSpec(spec, earlier), deps.releases.available()),
      );
      const record = changedCluster(request, done);
      return reply.header('etag', etagOf(record)).send(clusterView(deps, record));
    },
  );

  for (const [contract, direction] of [
    [clusterContracts.upgradePlan, 'up'],
    [clusterContracts.downgradePlan, 'down'],
  ] as const)
    route(app, contract, async ({ params, query }) => {
      const { record, status, nodes } = executor.situation(params.name);
      const situation = { spec: record.spec, progress: record.progress, status, now: deps.now() };
      return upgradePlan(direction, { situation, nodes, releases: deps.releases.available(), to: query.to });
    });

  for (const [contract, direction] of [
    [clusterContracts.upgradeCluster, 'up'],
    [clusterContracts.downgradeCluster, 'down'],
  ] as const)
    route(app, contract, { audit: { object: 'cluster :name', asks: ['to', 'pauses'] } }, async (request, reply) => {
      const expected = revisionOf(request.headers['if-match']);
      const releases = deps.releases.available();
      const order = upgrade(direction, request.body, { expected, by: byOperator(request), releases });
      const record = changedCluster(request, await executor.run(request.params.name, order));
      return reply.header('etag', etagOf(record)).send(clusterView(deps, record));
    });

  route(
    app,
    clusterContracts.steerRollout,
    { audit: { object: 'cluster :name', asks: ['order'] } },
    async (request, reply) => {
      const by = byOperator(request);
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
