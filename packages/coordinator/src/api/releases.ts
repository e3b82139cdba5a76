import { nodeContracts } from '@picket/shared/contract/node.ts';
import { releaseContracts } from '@picket/shared/contract/releases.ts';
import { failure } from '@picket/shared/errors.ts';
import { happening } from '@picket/shared/events/event.ts';
import { type DesiredState, isMemberState } from '@picket/shared/protocol/desired-state.ts';
import type { ReleaseView } from '@picket/shared/protocol/releases.ts';
import type { FastifyRequest } from 'fastify';
import { differenceOf, noDifference } from '../audit/difference.ts';
import type { ClusterProgress } from '../model/progress.ts';
import { changed } from './audited.ts';
import type { ApiDeps } from './deps.ts';
import { byOperator, nodeOf } from './mutual-tls.ts';
import { refuseUntilReadopted, refuseWhileFrozen } from './resting.ts';
import { type App, route } from './route.ts';

/** Operators add an etcdutl for nodes that have none; a node fetches the one that its desired state names. */
export function releaseRoutes(app: App, deps: ApiDeps): void {
  const { releases, executor, inventory, publications, now } = deps;

  /** The release is stored or removed by now: neither the event nor a cluster that cannot be updated takes that back. */
  async function recorded(
    request: FastifyRequest,
    done: 'added' | 'removed',
    { sha256, architecture, version }: ReleaseView,
  ): Promise<void> {
    const facts = { version, architecture };
    changed(request, done === 'added' ? differenceOf(null, facts) : differenceOf(facts, null));
    const event = happening('release', { by: byOperator(request), done, ...facts, sha256 });
    await inventory.events.append({ at: now(), cluster: null, ...event });
    for (const { cluster, error } of await executor.releasesChanged()) {
      request.log.warn(
        { cluster, err: error },
        'the release could not be published to the nodes of a cluster: its next step publishes it',
      );
    }
  }

  route(app, releaseContracts.releases, async () => ({
    items: releases.list(),
  }));

  route(
    app,
    releaseContracts.sendReleasePart,
    { audit: { object: 'release :sha256', asks: ['offset'] } },
    async (request) => {
      const { body } = request as { readonly body: unknown };
      if (!(body instanceof Buffer))
        throw failure('invalid_request', { problem: 'the body is not a part of a release' });
      const offset = Number(request.query.offset);
      const receivedBytes = await releases.append(request.params.sha256, offset, body);
      // What is uploaded is in use only once it was added.
      changed(request, noDifference);
      return { receivedBytes };
    },
  );

  route(
    app,
    releaseContracts.addRelease,
    { audit: { object: 'release :sha256', asks: ['name'] } },
    async (request, reply) => {
      const release = await releases.add(request.params.sha256, request.body);
      await recorded(request, 'added', release);
      return reply.code(201).send(release);
    },
  );

  route(app, releaseContracts.removeRelease, { audit: { object: 'release :sha256' } }, async (request, reply) => {
    const { sha256 } = request.params;
    const restoring = executor.clusters().find((name) => isRestoring(executor.situation(name).record.progress));
    if (restoring !== undefined) throw failure('release_in_use', { sha256, cluster: restoring });
    await recorded(request, 'removed', await releases.remove(sha256));
    return reply.code(204).send();
  });

  route(app, nodeContracts.readRelease, async (request, reply) => {
    const { nodeId, cluster } = nodeOf(request);
    refuseUntilReadopted(deps, nodeId);
    refuseWhileFrozen(deps, cluster);
    const { sha256 } = request.params;
    if (toolIn(publications.current(nodeId)?.body) !== sha256) throw failure('release_not_wanted', { sha256 });
    const part = await releases.read(sha256, Number(request.query.offset));
    return reply.header('cache-control', 'no-store').type('application/octet-stream').send(part);
  });
}

/** The hash of the etcdutl in the published desired state. */
function toolIn(body: string | undefined): string | undefined {
  if (body === undefined) return undefined;
  const state = JSON.parse(body) as DesiredState;
  return isMemberState(state) ? state.etcd?.restore?.tool?.sha256 : undefined;
}

function isRestoring({ restore, formation }: ClusterProgress): boolean {
  return restore !== null || (formation?.from !== undefined && formation.clusterId === null);
}
