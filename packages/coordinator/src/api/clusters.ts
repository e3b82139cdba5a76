import { clusterContracts } from '@picket/shared/contract/clusters.ts';
import { failure } from '@picket/shared/errors.ts';
import { ClusterChange, type ClusterSpec, HoldRequest, type MembershipPlan } from '@picket/shared/protocol/clusters.ts';
import type { FastifyRequest } from 'fastify';
import { differenceOf } from '../audit/difference.ts';
import { clusterFacts } from '../audit/facts.ts';
import { membershipPlan } from '../controller/membership/plan.ts';
import { requireRoom } from '../declaration/fleet-limits.ts';
import { changedSpec, makeSpec } from '../declaration/make-spec.ts';
import { nothingJoined, requireRelease } from '../declaration/require-release.ts';
import { etcdAccessOf } from '../identity/revoke-identity.ts';
import { type ClusterRecord, type NodeRecord, presentMembers } from '../inventory/inventory.ts';
import { namesOf } from '../model/member-names.ts';
import { changeSpec } from '../operations/change-spec.ts';
import { deleteCluster } from '../operations/delete-cluster.ts';
import { hold } from '../operations/hold.ts';
import { keep } from '../operations/keep.ts';
import { moveLeader } from '../operations/move-leader.ts';
import type { Operation } from '../operations/operation.ts';
import { release } from '../operations/release.ts';
import { replace } from '../operations/replace.ts';
import { reset } from '../operations/reset.ts';
import { restart } from '../operations/restart.ts';
import { unfreeze } from '../operations/unfreeze.ts';
import { changed, changedCluster } from './audited.ts';
import { renderedNodes } from './bounded-status.ts';
import { clusterView, etagOf, filedName, revisionOf } from './cluster-view.ts';
import type { ApiDeps } from './deps.ts';
import { byOperator, requireRole } from './mutual-tls.ts';
import { mapPage, pageOf } from './page.ts';
import { renderedInStatus } from './rendered-within.ts';
import { type App, route } from './route.ts';
import { statusOf } from './status-of.ts';

function removesMembers(before: ClusterSpec, after: ClusterSpec): boolean {
  return before.members.some(({ name }) => after.members.every((one) => one.name !== name));
}

export function clusterRoutes(app: App, deps: ApiDeps): void {
  const { authorities, executor, inventory, fleetLimits } = deps;

  const view = (record: ClusterRecord) => clusterView(deps, record);

  const planOf = ({ spec, progress }: ClusterRecord, nodes: readonly NodeRecord[]): MembershipPlan | null => {
    const joined = presentMembers(nodes).map(({ member }) => member);
    const { status } = executor.situation(spec.name);
    return membershipPlan({ spec, progress, status, now: deps.now() }, joined);
  };

  /** What the members that leave can still do: Picket cannot revoke a certificate in etcd. */
  const leavesOf = (plan: MembershipPlan | null, nodes: readonly NodeRecord[]) => {
    const removed = plan?.steps.filter(({ kind }) => kind === 'remove').map(({ member }) => member) ?? [];
    const leaving = presentMembers(nodes).filter(({ member }) => removed.includes(member));
    return Promise.all(leaving.map(async ({ member, id }) => ({ member, etcdAccess: await etcdAccessOf(deps, id) })));
  };

  /** Carries an order out, or only judges it, and answers with the cluster after it. */
  async function ordered(request: FastifyRequest, name: string, operation: Operation, dryRun = false) {
    return view(changedCluster(request, await (dryRun ? executor.judge : executor.run)(name, operation)));
  }

  /** Throws what {@link requireRoom} throws: those that are created at the same time count. */
  async function created(spec: ClusterSpec, by: string): Promise<ClusterRecord> {
    const present = [...executor.specs(), ...executor.creating()];
    requireRoom([...new Map(present.map((one) => [one.name, one])).values()], spec, fleetLimits);
    const id = deps.newId();
    // The authorities first: a crash in between leaves unused keys, never a cluster without keys.
    const { name, keyType } = spec;
    return executor.create(id, spec, by, () => authorities.createCluster({ id, name, keyType }));
  }

  route(app, clusterContracts.createCluster, { audit: { object: null, asks: ['name'] } }, async (request, reply) => {
    const spec = makeSpec(request.body);
    requireRelease(spec, { ...nothingJoined, releases: deps.releases.available() });
    if (executor.clusters().includes(spec.name)) throw failure('cluster_exists', { cluster: spec.name });
    const record = await created(spec, byOperator(request));
    changed(request, differenceOf(null, clusterFacts(record)));
    return reply.code(201).header('etag', etagOf(record)).send(view(record));
  });

  route(app, clusterContracts.clusters, async ({ query: { deleted, ...page } }) =>
    mapPage(await inventory.clusters.list(pageOf(page), deleted === 'true'), view),
  );

  route(app, clusterContracts.cluster, async (request, reply) => {
    const { record } = executor.situation(request.params.name);
    return reply.header('etag', etagOf(record)).send(view(record));
  });

  route(
    app,
    clusterContracts.changeCluster,
    // What was asked for also stands there if it was refused.
    { audit: { object: 'cluster :name', asks: Object.keys(ClusterChange.properties) } },
    async (request, reply) => {
      const expected = revisionOf(request.headers['if-match']);
      const by = byOperator(request);
      const { dryRun = false, ...change } = request.body;
      const order = dryRun ? executor.judge : executor.run;
      const done = await order(
        request.params.name,
        changeSpec(
          expected,
          by,
          (spec, begun) => {
            const changed = changedSpec(spec, change, begun);
            requireRoom(executor.specs(), changed, fleetLimits);
            // As for a replacement: only an admin ends the incarnation of a member (R3).
            if (removesMembers(spec, changed)) requireRole(request, 'admin');
            return changed;
          },
          deps.releases.available(),
        ),
      );
      const record = changedCluster(request, done);
      const after = dryRun ? { ...record, spec: done.result } : record;
      const plan = planOf(after, done.nodes);
      const leaves = await leavesOf(plan, done.nodes);
      return reply
        .header('etag', etagOf(record))
        .send({ ...view(after), ...(plan === null ? {} : { plan }), ...(leaves.length === 0 ? {} : { leaves }) });
    },
  );

  route(app, clusterContracts.status, async ({ params: { name } }) => {
    const status = statusOf(deps, executor.situation(name), deps.now());
    const [waitsFor, notices] = [renderedInStatus(status.waitsFor), renderedInStatus(status.notices)];
    return { ...status, waitsFor, notices, ...renderedNodes(status.members, status.clients) };
  });

  route(app, clusterContracts.unfreezeCluster, { audit: { object: 'cluster :name' } }, async (request) =>
    ordered(request, request.params.name, unfreeze(byOperator(request))),
  );

  route(
    app,
    clusterContracts.resetCluster,
    { audit: { object: 'cluster :name', asks: ['confirm', 'dryRun'] } },
    async (request) => {
      const { confirm = null, dryRun = false } = request.body ?? {};
      return ordered(request, request.params.name, reset({ by: byOperator(request), confirm }), dryRun);
    },
  );

  route(
    app,
    clusterContracts.deleteCluster,
    { audit: { object: 'cluster :name', asks: ['confirm', 'withoutSnapshot', 'force', 'dryRun'] } },
    async (request) => {
      const { name } = request.params;
      const by = byOperator(request);
      const { confirm = null, withoutSnapshot = false, force = false, dryRun = false } = request.body ?? {};
      const filedAs = filedName(executor.situation(name).record);
      // A dry run shows what the name will be typed for.
      const given = dryRun ? name : confirm;
      const wanted = deleteCluster({ by, filedAs, confirm: given, withoutSnapshot, force });
      const done = await (dryRun ? executor.judge : executor.run)(name, wanted);
      const { clients, ...outlook } = done.result;
      const { deletion } = changedCluster(request, done).progress;
      return { ...outlook, clients: namesOf(clients), cluster: name, filedAs, done: deletion?.freed === true };
    },
  );

  route(
    app,
    clusterContracts.replaceMember,
    { audit: { object: 'member :member of cluster :name', asks: ['force', 'dryRun'] } },
    async (request) => {
      const { name, member } = request.params;
      const { force = false, dryRun = false } = request.body;
      return ordered(request, name, replace(member, { by: byOperator(request), force }), dryRun);
    },
  );

  route(
    app,
    clusterContracts.holdMember,
    { audit: { object: 'member :member of cluster :name', asks: Object.keys(HoldRequest.properties) } },
    async (request) => {
      const { name, member } = request.params;
      const { seconds = null, reason: why = null, stop = false } = request.body;
      const by = byOperator(request);
      return ordered(request, name, hold(member, { by, why, seconds, stop, place: 'elsewhere' }));
    },
  );

  for (const [contract, operation] of [
    [clusterContracts.restartMember, restart],
    [clusterContracts.releaseMember, release],
    [clusterContracts.moveLeader, moveLeader],
    [clusterContracts.keepMember, keep],
  ] as const) {
    route(app, contract, { audit: { object: 'member :member of cluster :name' } }, async (request) => {
      const { name, member } = request.params;
      return ordered(request, name, operation(member, { by: byOperator(request) }));
    });
  }
}
