import { failure } from '@picket/shared/errors.ts';
import type { OwnMember } from '@picket/shared/protocol/clusters.ts';
import type { WithoutMessages } from '@picket/shared/protocol/told.ts';
import { restsAsLearner } from '../controller/membership/exchange.ts';
import type { ClusterSituation } from '../executor/executor.ts';
import { withExcerpts } from '../model/excerpts.ts';
import { serving } from '../model/health.ts';
import type { Instant } from '../model/instant.ts';
import { isDeclared } from '../model/member-names.ts';
import type { Situation } from '../model/situation.ts';
import { holdView } from '../status/hold-view.ts';
import type { nodeOf } from './mutual-tls.ts';
import { waitsForNode } from './waits-for-node.ts';

/** The name of this node's member. Throws `node_is_client`. */
export function memberOf({ cluster, nodeRole }: Pick<ReturnType<typeof nodeOf>, 'cluster' | 'nodeRole'>): string {
  if (nodeRole.kind === 'client') throw failure('node_is_client', { client: nodeRole.client, cluster });
  return nodeRole.member;
}

/** The state of this node's member, for a command that waits on its machine. */
export function ownMember(
  { record, status, waits }: ClusterSituation,
  member: string,
  now: Instant,
): WithoutMessages<OwnMember> {
  const { spec, progress } = record;
  const situation: Situation = { spec, progress, status: withExcerpts(status), now };
  const life = progress.members[member];
  const isLeaving = !isDeclared(spec, member) || progress.deletion !== null;
  const fate = isLeaving ? { leaving: true as const } : {};
  // The state of this node: the life of an earlier machine is not its own.
  if (life === undefined || life.leaving?.machineGone === true)
    return { phase: 'joined', healthy: false, rests: null, ...fate, waitsFor: waitsForNode(waits, spec.name) };
  const { phase } = life;
  const hold = holdView(progress, member, now);
  const rests = phase === 'learner' && life.caughtUp ? restsAsLearner(situation, member) : null;
  return {
    phase,
    healthy: phase === 'voter' && serving(situation, member).ok,
    rests,
    ...(hold && { hold }),
    ...fate,
    waitsFor: waitsForNode(waits, spec.name),
  };
}
