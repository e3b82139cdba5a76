import { failure } from '@picket/shared/errors.ts';
import { isoTime } from '@picket/shared/iso-time.ts';
import {
  RestoreRequest,
  SnapshotAsked,
  SnapshotEnd,
  SnapshotPartAnswer,
  SnapshotState,
  SnapshotTake,
  SnapshotVerified,
  SnapshotView,
  snapshotPartBytes,
} from '@picket/shared/protocol/snapshots.ts';
import { ClusterName, strict } from '@picket/shared/protocol/words.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import { told } from '@picket/shared/reasons/told.ts';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { differenceOf, noDifference } from '../audit/difference.ts';
import type { ClusterRecord, SnapshotRecord } from '../inventory/inventory.ts';
import type { Instant } from '../model/instant.ts';
import { restore } from '../operations/restore.ts';
import { takeSnapshot } from '../operations/take-snapshot.ts';
import { takeWithoutQuorum } from '../operations/take-without-quorum.ts';
import type { Sender } from '../snapshots/snapshot-keeper.ts';
import { changed } from './audited.ts';
import { changedCluster, ofCluster } from './audited-clusters.ts';
import type { ApiDeps } from './deps.ts';
import { nodeOf, operatorOf } from './mutual-tls.ts';
import { listRoute } from './page.ts';
import { refuseUntilReadopted, refuseWhileFrozen } from './resting.ts';
import type { App } from './typed.ts';
import { ById, nothing } from './words.ts';

const ofSnapshot = ({ id }: Readonly<Record<string, string>>) => `snapshot ${id}`;
const ByCluster = Type.Object({ name: ClusterName }, strict);
const AtOffset = Type.Object({ offset: Type.String({ pattern: '^[0-9]{1,15}$' }) }, strict);

/** What operators do with snapshots. */
export function snapshotRoutes(app: App, deps: ApiDeps): void {
  const { executor, inventory, snapshots } = deps;
  listRoute(app, '/v1/snapshots', SnapshotView, inventory.snapshots.list, snapshotView);

  app.get(
    '/v1/snapshots/:id',
    { config: { access: 'viewer' }, schema: { params: ById, response: { 200: SnapshotView } } },
    async ({ params }) => snapshotView(await snapshots.find(params.id)),
  );

  app.post(
    '/v1/snapshots/:id/verify',
    {
      config: { access: 'operator', audit: { object: ofSnapshot } },
      schema: { params: ById, response: { 200: SnapshotVerified } },
    },
    async (request) => {
      const verified = await snapshots.verify(request.params.id);
      changed(request, noDifference);
      return verified;
    },
  );

  app.delete(
    '/v1/snapshots/:id',
    { config: { access: 'admin', audit: { object: ofSnapshot } }, schema: { params: ById, response: nothing } },
    async (request, reply) => {
      const { cluster, takenAt, formation, sha256 } = await snapshots.remove(request.params.id);
      changed(request, differenceOf({ cluster, takenAt: isoTime(takenAt), formation, sha256 }, null));
      return reply.code(204).send();
    },
  );

  // A snapshot holds all data of the cluster, including secrets of k3s: viewers must not get it.
  app.get(
    '/v1/snapshots/:id/content',
    { config: { access: 'operator', audit: { object: ofSnapshot } }, schema: { params: ById } },
    async (request, reply) => {
      const { record, content } = await snapshots.stream(request.params.id);
      changed(request, noDifference);
      return reply
        .header('cache-control', 'no-store')
        .header('content-length', record.sizeBytes)
        .type('application/octet-stream')
        .send(content);
    },
  );

  app.get(
    '/v1/clusters/:name/snapshots',
    { config: { access: 'viewer' }, schema: { params: ByCluster, response: { 200: SnapshotState } } },
    async ({ params }) => snapshotState(executor.situation(params.name).record),
  );

  app.post(
    '/v1/clusters/:name/snapshots',
    {
      config: { access: 'operator', audit: { object: ofCluster, asks: ['withoutQuorum'] } },
      schema: { params: ByCluster, body: Type.Union([SnapshotTake, Type.Null()]), response: { 202: SnapshotAsked } },
    },
    async (request, reply) => {
      const by = `operator ${operatorOf(request).name}`;
      const { withoutQuorum = false } = request.body ?? {};
      const order = withoutQuorum ? takeWithoutQuorum(by) : takeSnapshot(reason('asked_for', { by }));
      const done = await executor.run(request.params.name, order);
      changedCluster(request, done);
      return reply.code(202).send({ id: done.result });
    },
  );

  app.post(
    '/v1/clusters/:name/restore',
    {
      config: {
        access: 'admin',
        audit: { object: ofCluster, asks: ['snapshot', 'force', 'confirm', 'lastSnapshot', 'insteadOf', 'dryRun'] },
      },
      schema: { params: ByCluster, body: RestoreRequest, response: { 200: SnapshotView } },
    },
    async (request) => {
      const { name } = request.params;
      const { snapshot: id, force = false, confirm = null, lastSnapshot, insteadOf, dryRun = false } = request.body;
      const record = await snapshots.find(id);
      if (record.cluster !== name && !isOfDeletedCluster(deps, record, name)) {
        throw failure('restore_refused', { name, reason: `the snapshot ${id} is of the cluster ${record.cluster}` });
      }
      const { takenAt, sizeBytes, sha256 } = record;
      const by = `operator ${operatorOf(request).name}`;
      const order = { by, force, confirm, lastSnapshot, insteadOf };
      const wanted = restore({ snapshot: id, takenAt, sizeBytes, sha256 }, order);
      // First: a refusal needs no reading.
      const judged = await executor.judge(name, wanted);
      await snapshots.pin(id, async () => {
        // Before the cluster is given up for it.
        await snapshots.verify(id);
        changedCluster(request, dryRun ? judged : await executor.run(name, wanted));
      });
      return snapshotView(record);
    },
  );
}

/** A cluster that was deleted and declared again begins with the data that it had. */
function isOfDeletedCluster(
  { executor }: Pick<ApiDeps, 'executor'>,
  { cluster }: SnapshotRecord,
  name: string,
): boolean {
  const { deletion } = executor.situation(cluster).record.progress;
  return deletion?.freed === true && deletion.name === name;
}

/** Snapshots that nodes send and fetch: each only what the coordinator ordered (R8). */
export function nodeSnapshotRoutes(app: App, deps: ApiDeps): void {
  const { snapshots } = deps;
  app.addContentTypeParser('application/octet-stream', { parseAs: 'buffer' }, (_request, body, done) =>
    done(null, body),
  );

  app.put(
    '/v1/node/snapshots/:id',
    {
      config: { access: 'node', quota: 'snapshotParts' },
      bodyLimit: snapshotPartBytes,
      schema: { params: ById, querystring: AtOffset, response: { 200: SnapshotPartAnswer } },
    },
    async (request) => {
      const { body } = request as { readonly body: unknown };
      if (!(body instanceof Buffer))
        throw failure('invalid_request', { problem: 'the body is not a part of a snapshot' });
      const { id } = request.params;
      return { receivedBytes: await snapshots.part(senderOf(deps, request), id, Number(request.query.offset), body) };
    },
  );

  app.post(
    '/v1/node/snapshots/:id',
    {
      config: { access: 'node' },
      schema: { params: ById, body: SnapshotEnd, response: { 200: SnapshotPartAnswer } },
    },
    async (request) => ({
      receivedBytes: await snapshots.end(senderOf(deps, request), request.params.id, request.body),
    }),
  );

  app.get(
    '/v1/node/snapshots/:id',
    { config: { access: 'node', quota: 'snapshotParts' }, schema: { params: ById, querystring: AtOffset } },
    async (request, reply) => {
      const part = await snapshots.readFor(senderOf(deps, request), request.params.id, Number(request.query.offset));
      return reply.header('cache-control', 'no-store').type('application/octet-stream').send(part);
    },
  );
}

/** Throws `node_is_client`, `node_awaits_readoption`, `cluster_frozen`. */
function senderOf(deps: ApiDeps, request: FastifyRequest): Sender {
  const { nodeId, cluster, nodeRole } = nodeOf(request);
  if (nodeRole.kind === 'client') throw failure('node_is_client', { client: nodeRole.client, cluster });
  refuseUntilReadopted(deps, nodeId);
  refuseWhileFrozen(deps, cluster);
  return { cluster, member: nodeRole.member };
}

function snapshotView({ takenAt, why, ...record }: SnapshotRecord): SnapshotView {
  return { ...record, why: told(why), takenAt: isoTime(takenAt) };
}

function snapshotState({ spec, progress }: ClusterRecord): SnapshotState {
  const { task, last, failure, rescueFailure } = progress.snapshots;
  const failed = newest(failure, rescueFailure);
  return {
    policy: spec.snapshots,
    task: task && { id: task.id, member: task.executor, since: isoTime(task.issuedAt), why: told(task.why) },
    last: last && { id: last.id, takenAt: isoTime(last.takenAt) },
    failure: failed && { id: failed.id, at: isoTime(failed.at), reason: told(failed.reason) },
  };
}

/** Of two failed attempts, with and without a quorum. */
function newest<Attempt extends { readonly at: Instant }>(one: Attempt | null, other: Attempt | null): Attempt | null {
  return one === null || (other !== null && other.at >= one.at) ? other : one;
}
