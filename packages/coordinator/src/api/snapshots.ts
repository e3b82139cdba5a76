import { nodeContracts } from '@picket/shared/contract/node.ts';
import { snapshotContracts } from '@picket/shared/contract/snapshots.ts';
import { failure } from '@picket/shared/errors.ts';
import { isoTime } from '@picket/shared/iso-time.ts';
import type { WithoutMessages } from '@picket/shared/protocol/rendered.ts';
import type { SnapshotState, SnapshotView } from '@picket/shared/protocol/snapshots.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import type { FastifyRequest } from 'fastify';
import { differenceOf, noDifference } from '../audit/difference.ts';
import type { ClusterRecord, SnapshotRecord } from '../inventory/inventory.ts';
import type { Instant } from '../model/instant.ts';
import { noRehearsals } from '../model/rehearsal-progress.ts';
import { restore } from '../operations/restore.ts';
import { takeSnapshot } from '../operations/take-snapshot.ts';
import { takeWithoutQuorum } from '../operations/take-without-quorum.ts';
import type { RunningRehearsal } from '../rehearsals/rehearser.ts';
import { restoreSourceOf } from '../snapshots/restore-source-of.ts';
import type { Sender } from '../snapshots/snapshot-keeper.ts';
import { rehearsalView } from '../status/rehearsal-view.ts';
import { changed, changedCluster } from './audited.ts';
import type { ApiDeps } from './deps.ts';
import { byOperator, nodeOf } from './mutual-tls.ts';
import { octetsIn } from './octets-in.ts';
import { memberOf } from './own-member.ts';
import { pages } from './page.ts';
import { refuseUntilReadopted, refuseWhileFrozen } from './resting.ts';
import { type App, route } from './route.ts';

/** What operators do with snapshots. */
export function snapshotRoutes(app: App, deps: ApiDeps): void {
  const { executor, inventory, snapshots, rehearser } = deps;
  route(
    app,
    snapshotContracts.snapshots,
    { quota: 'operatorPages' },
    pages(deps, inventory.snapshots.list, snapshotView),
  );

  route(app, snapshotContracts.snapshot, async ({ params }) => snapshotView(await snapshots.find(params.id)));

  route(app, snapshotContracts.verifySnapshot, { audit: { object: 'snapshot :id' } }, async (request) => {
    const { sha256, checkedBy } = await snapshots.verify(request.params.id);
    changed(request, noDifference);
    return { sha256, checkedBy };
  });

  route(app, snapshotContracts.removeSnapshot, { audit: { object: 'snapshot :id' } }, async (request, reply) => {
    const { cluster, takenAt, formation, sha256 } = await snapshots.remove(request.params.id);
    changed(request, differenceOf({ cluster, takenAt: isoTime(takenAt), formation, sha256 }, null));
    return reply.code(204).send();
  });

  // A snapshot holds all data of the cluster, including secrets of k3s: viewers must not get it.
  route(app, snapshotContracts.snapshotContent, { audit: { object: 'snapshot :id' } }, async (request, reply) => {
    const { record, content } = await snapshots.stream(request.params.id);
    changed(request, noDifference);
    return reply
      .header('cache-control', 'no-store')
      .header('content-length', record.sizeBytes)
      .type('application/octet-stream')
      .send(content);
  });

  route(app, snapshotContracts.snapshotState, async ({ params }) =>
    snapshotState(executor.situation(params.name).record, rehearser.running(params.name)),
  );

  route(
    app,
    snapshotContracts.rehearseSnapshot,
    { audit: { object: 'cluster :name', asks: ['snapshot'] } },
    async (request, reply) => {
      const { id, snapshot } = await rehearser.order(request.params.name, request.body?.snapshot);
      changed(request, noDifference);
      return reply.code(202).send({ id, snapshot });
    },
  );

  route(
    app,
    snapshotContracts.takeSnapshot,
    { audit: { object: 'cluster :name', asks: ['withoutQuorum'] } },
    async (request, reply) => {
      const by = byOperator(request);
      const { withoutQuorum = false } = request.body ?? {};
      const order = withoutQuorum ? takeWithoutQuorum(by) : takeSnapshot(reason('asked_for', { by }));
      const done = await executor.run(request.params.name, order);
      changedCluster(request, done);
      return reply.code(202).send({ id: done.result });
    },
  );

  route(
    app,
    snapshotContracts.restoreCluster,
    {
      audit: { object: 'cluster :name', asks: ['snapshot', 'force', 'confirm', 'lastSnapshot', 'insteadOf', 'dryRun'] },
    },
    async (request) => {
      const { name } = request.params;
      const { snapshot: id, force = false, confirm = null, lastSnapshot, insteadOf, dryRun = false } = request.body;
      // First: another name that was mistyped would lead to the wrong cluster.
      executor.situation(name);
      const record = await snapshots.find(id);
      if (record.cluster !== name && !isOfDeletedCluster(deps, record, name)) {
        throw failure('restore_refused', {
          cluster: name,
          reason: `the snapshot ${id} is of the cluster ${record.cluster}`,
        });
      }
      const by = byOperator(request);
      const order = { by, force, confirm, lastSnapshot, insteadOf };
      // First: a refusal needs no reading.
      await executor.judge(name, restore(restoreSourceOf(record, null), order));
      // Before the cluster is given up for it.
      await snapshots.whileChecked(id, async (checked) => {
        const wanted = restore(restoreSourceOf(record, checked), order);
        changedCluster(request, await (dryRun ? executor.judge(name, wanted) : executor.run(name, wanted)));
      });
      return snapshotView(record);
    },
  );
}

/** A cluster that was deleted and declared again begins with the data that it had. */
function isOfDeletedCluster({ executor }: ApiDeps, { cluster }: SnapshotRecord, name: string): boolean {
  const { deletion } = executor.situation(cluster).record.progress;
  return deletion?.freed === true && deletion.name === name;
}

/** Snapshots that nodes send and fetch: each only what the coordinator ordered (R8). */
export function nodeSnapshotRoutes(app: App, deps: ApiDeps): void {
  const { snapshots } = deps;
  app.addContentTypeParser('application/octet-stream', { parseAs: 'buffer' }, (_request, body, done) =>
    done(null, body),
  );

  route(app, nodeContracts.snapshotPart, { quota: 'snapshotParts' }, async (request) => {
    const part = octetsIn(request);
    const { id } = request.params;
    return { receivedBytes: await snapshots.part(senderOf(deps, request), id, Number(request.query.offset), part) };
  });

  route(app, nodeContracts.snapshotEnd, async (request) => ({
    receivedBytes: await snapshots.end(senderOf(deps, request), request.params.id, request.body),
  }));

  route(app, nodeContracts.readSnapshot, { quota: 'snapshotParts' }, async (request, reply) => {
    const part = await snapshots.readFor(senderOf(deps, request), request.params.id, Number(request.query.offset));
    return reply.header('cache-control', 'no-store').type('application/octet-stream').send(part);
  });
}

/** Throws `node_is_client`, `node_awaits_readoption`, `cluster_frozen`. */
function senderOf(deps: ApiDeps, request: FastifyRequest): Sender {
  const { nodeId, cluster } = nodeOf(request);
  const member = memberOf(request);
  refuseUntilReadopted(deps, nodeId);
  refuseWhileFrozen(deps, cluster);
  return { cluster, member };
}

/** As the API shows it. */
export function snapshotView({ takenAt, ...record }: SnapshotRecord): WithoutMessages<SnapshotView> {
  return { ...record, takenAt: isoTime(takenAt) };
}

function snapshotState(
  { spec, progress }: ClusterRecord,
  rehearses: RunningRehearsal | null,
): WithoutMessages<SnapshotState> {
  const { task, last, failure, rescueFailure, rehearsal = noRehearsals } = progress.snapshots;
  const failed = newest(failure, rescueFailure);
  return {
    policy: spec.snapshots,
    task: task && { id: task.id, member: task.executor, since: isoTime(task.issuedAt), why: task.why },
    last: last && { id: last.id, takenAt: isoTime(last.takenAt) },
    failure: failed && { id: failed.id, at: isoTime(failed.at), reason: failed.reason },
    rehearsal: {
      task: rehearses && runningView(rehearses),
      worked: rehearsal.worked && rehearsalView(rehearsal.worked),
      failure: rehearsal.failure && { ...rehearsal.failure, at: isoTime(rehearsal.failure.at) },
    },
  };
}

function runningView({ id, snapshot, since, phase }: RunningRehearsal) {
  return { id, snapshot, since: isoTime(since), phase };
}

/** Of two failed attempts, with and without a quorum. */
function newest<Attempt extends { readonly at: Instant }>(one: Attempt | null, other: Attempt | null): Attempt | null {
  return one === null || (other !== null && other.at >= one.at) ? other : one;
}
