import { nodeContracts } from '@picket/shared/contract/node.ts';
import { failure } from '@picket/shared/errors.ts';
import type { OwnMember } from '@picket/shared/protocol/clusters.ts';
import type { WithoutMessages } from '@picket/shared/protocol/rendered.ts';
import type { FastifyRequest } from 'fastify';
import { restsAsLearner } from '../controller/membership/odd-count.ts';
import type { ClusterSituation } from '../executor/executor.ts';
import { requireNotFrozen } from '../identity/freeze-identity.ts';
import { withExcerpts } from '../model/excerpts.ts';
import { serving } from '../model/health.ts';
import type { Instant } from '../model/instant.ts';
import { isDeclared } from '../model/member-names.ts';
import type { Situation } from '../model/situation.ts';
import { hold } from '../operations/hold.ts';
import type { Operation } from '../operations/operation.ts';
import { release } from '../operations/release.ts';
import { holdView } from '../status/hold-view.ts';
import type { ApiDeps } from './deps.ts';
import { nodeOf } from './mutual-tls.ts';
import { waitsForNode } from './rendered-within.ts';
import { refuseUntilReadopted, refuseWhileWithheld } from './resting.ts';
import { type App, route } from './route.ts';

/** A node may read, hold and release its own member (R8), as an operator does. The events of a hold say that root on it did. */
export function ownMemberRoutes(app: App, deps: ApiDeps): void {
  const { executor } = deps;
  // A request more does no harm; many would push other events out (R18).
  const more = { quota: 'holds' } as const;

  route(app, nodeContracts.member, async (request) =>
    ownMember(executor.situation(nodeOf(request).cluster), memberOf(request), deps.now()),
  );

  route(app, nodeContracts.hold, more, async (request) => {
    const { seconds = null, reason: why = null, stop = false } = request.body;
    return ordered(request, (member, by) => hold(member, { by, why, seconds, stop, place: 'board' }));
  });

  route(app, nodeContracts.release, more, async (request) => ordered(request, (member, by) => release(member, { by })));

  async function ordered(request: FastifyRequest, order: (member: string, by: string) => Operation) {
    const { nodeId, cluster } = nodeOf(request);
    const member = memberOf(request);
    refuseUntilReadopted(deps, nodeId);
    requireNotFrozen(nodeId, deps.directory.identityOf(nodeId)?.frozen ?? null);
    refuseWhileWithheld(deps, cluster, nodeId);
    const { record } = await executor.run(cluster, order(member, `root on ${member}`));
    return ownMember(executor.situation(record.spec.name), member, deps.now());
  }
}

/** The name of this node's member. Throws `node_is_client`. */
export function memberOf(request: FastifyRequest): string {
  const { cluster, nodeRole } = nodeOf(request);
  if (nodeRole.kind === 'client') throw failure('node_is_client', { client: nodeRole.client, cluster });
  return nodeRole.member;
}

/** The state of this node's member, for a command that waits on its machine. */
function ownMember(
  { record, status, waits }: ClusterSituation,
  member: string,
  now: Instant,
): WithoutMessages<OwnMember> {
  const { spec, progress } = record;
  const situation: Situation = { spec, progress, status: withExcerpts(status), now };
  const incarnation = progress.members[member];
  const isLeaving = !isDeclared(spec, member) || progress.deletion !== null;
  const fate = isLeaving ? { leaving: true as const } : {};
  // The state of this node: the incarnation of an earlier machine is not its own.
  if (incarnation === undefined || incarnation.leaving?.machineGone === true)
    return { phase: 'joined', healthy: false, rests: null, ...fate, waitsFor: waitsForNode(waits, spec.name) };
  const { phase } = incarnation;
  const hold = holdView(progress, member, now);
  const rests = phase === 'learner' && incarnation.caughtUp ? restsAsLearner(situation, member) : null;
  return {
    phase,
    healthy: phase === 'voter' && serving(situation, member).ok,
    rests,
    ...(hold && { hold }),
    ...fate,
    waitsFor: waitsForNode(waits, spec.name),
  };
}
