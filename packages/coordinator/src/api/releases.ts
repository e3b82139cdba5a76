import { nodeContracts } from '@picket/shared/contract/node.ts';
import { releaseContracts } from '@picket/shared/contract/releases.ts';
import { failure } from '@picket/shared/errors.ts';
import { type DesiredState, isMemberState } from '@picket/shared/protocol/desired-state.ts';
import type { ReleaseView } from '@picket/shared/protocol/releases.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import type { FastifyRequest } from 'fastify';
import { differenceOf, noDifference } from '../audit/difference.ts';
import { type ClusterProgress, emptyProgress } from '../model/progress.ts';
import { advance } from '../operations/advance.ts';
import { formerPrograms } from '../releases/former-programs.ts';
import { usesOf } from '../releases/release-uses.ts';
import { announceRelease, type ReleaseChange } from './announce-release.ts';
import { changed } from './audited.ts';
import type { ApiDeps } from './deps.ts';
import { byOperator, nodeOf } from './mutual-tls.ts';
import { refuseUntilReadopted, refuseWhileFrozen } from './resting.ts';
import { type App, route } from './route.ts';

/** Operators add releases of etcd; a node fetches the programs that its desired state names. */
export function releaseRoutes(app: App, deps: ApiDeps): void {
  const { releases, executor, publications } = deps;

  async function recorded(request: FastifyRequest, done: ReleaseChange['done'], release: ReleaseView): Promise<void> {
    const { version, architecture } = release;
    const facts = { version, architecture };
    changed(request, done === 'added' ? differenceOf(null, facts) : differenceOf(facts, null));
    await announceRelease(deps, { by: byOperator(request), done }, release, request.log);
  }

  const users = () =>
    executor.clusters().map((name) => {
      const { record, nodes, status } = executor.situation(name);
      return { ...record, nodes, status };
    });

  /** Those whose creation was accepted and that are not stored yet. */
  const comingUsers = () =>
    executor.creating().map((spec) => ({ spec, progress: emptyProgress, nodes: [], status: { nodes: {} } }));

  /**
   * Throws `release_in_use`. A change of a spec that was accepted a moment ago counts once its turn is over, and a creation from when
   * it was accepted; by then none that wants this release is accepted any more.
   */
  async function requireUnused(release: ReleaseView): Promise<void> {
    await Promise.all(executor.clusters().map((name) => executor.judge(name, advance)));
    const { sha256 } = release;
    const restoring = users().find(({ progress }) => isRestoring(progress));
    if (restoring !== undefined) {
      const cluster = restoring.spec.name;
      throw failure('release_in_use', { sha256, cluster, reason: reason('founder_may_fetch', { cluster }) });
    }
    const use = usesOf(release, releases.list(), [...users(), ...comingUsers()]).find(({ wanted }) => wanted);
    if (use === undefined) return;
    const { cluster } = use;
    const why = reason('members_want_release', { cluster, version: release.version ?? '' });
    throw failure('release_in_use', { sha256, cluster, reason: why });
  }

  function formerOf(nodeId: string, cluster: string) {
    const { record, nodes } = executor.situation(cluster);
    const node = nodes.find(({ id }) => id === nodeId);
    return formerPrograms(record.progress.configuration, node, releases.programsFor);
  }

  route(app, releaseContracts.releases, async () => {
    const [all, clusters] = [releases.list(), users()];
    return { items: all.map((release) => ({ ...release, usedBy: [...usesOf(release, all, clusters)] })) };
  });

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
    await recorded(request, 'removed', await releases.remove(sha256, requireUnused));
    return reply.code(204).send();
  });

  route(app, nodeContracts.readRelease, async (request, reply) => {
    const { nodeId, cluster } = nodeOf(request);
    refuseUntilReadopted(deps, nodeId);
    refuseWhileFrozen(deps, cluster);
    const { sha256 } = request.params;
    const wanted = programsIn(publications.current(nodeId)?.body);
    if (!wanted.includes(sha256) && !formerOf(nodeId, cluster).some((program) => program.sha256 === sha256))
      throw failure('release_not_wanted', { sha256 });
    const part = await releases.read(sha256, Number(request.query.offset));
    return reply.header('cache-control', 'no-store').type('application/octet-stream').send(part);
  });
}

/** The hashes of the programs in the published desired state: those that it runs, and the etcdutl that it restores with. */
function programsIn(body: string | undefined): readonly string[] {
  if (body === undefined) return [];
  const state = JSON.parse(body) as DesiredState;
  if (!isMemberState(state)) return [];
  const { program, etcd } = state;
  return [...(program?.programs ?? []), etcd?.restore?.tool].flatMap((one) => one?.sha256 ?? []);
}

function isRestoring({ restore, formation }: ClusterProgress): boolean {
  return restore !== null || (formation?.from !== undefined && formation.clusterId === null);
}
