import { readFacts } from '@picket/shared/answered-reads.ts';
import { failure } from '@picket/shared/errors.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import type { ClusterProgress } from '../../model/progress.ts';
import type { Situation } from '../../model/situation.ts';
import { freshFor } from '../../model/waits.ts';
import { withoutAssignment } from '../membership/withdrawn-mutations.ts';
import { takenBackFrom } from '../restore/restore.ts';
import { counted, freshReads, knownMembers } from '../restore/voter-evidence.ts';
import { askedBefore, nodeOf } from './replacement.ts';

/**
 * The progress once an operator has said that the machine or the disk of this member's node is lost (R16). The life is over:
 * it is removed from etcd as soon as those that stay can do without it (R3), never begins on another machine (R4), and
 * until then counts as evidence for a restore. A founder that was to begin from a snapshot gives that back. No freeze
 * stands in the way: nothing is published by it. Pure; throws `replace_refused` for a founder that began empty,
 * and `node_may_serve` for the last voter without which there could be no quorum while a member answers reads.
 *
 * @param nodeId the node that is the member now
 */
export function declaredLost(situation: Situation, name: string, nodeId: string, why: Reason): ClusterProgress {
  const { spec, progress } = situation;
  const member = progress.members[name];
  const back = takenBackFrom(situation, name);
  if (back !== null) return withFormerLost(back, nodeId);
  // Before it is a learner its node was told nothing of its life.
  if (member === undefined || member.phase === 'adding') return withFormerLost(progress, nodeId);
  if (member.phase === 'founding') {
    const way = reason('founds_empty', { cluster: spec.name });
    throw failure('replace_refused', { cluster: spec.name, member: name, reason: way });
  }
  const before = member.leaving;
  // The life may be of the machine before this one.
  const gone = before?.machineGone === true ? nodeOf(before) : { nodeId };
  const leaving = {
    reason: why,
    force: before?.force === true,
    machineGone: true,
    lost: true,
    ...gone,
    ...askedBefore(member),
  } as const;
  const after: ClusterProgress = {
    ...progress,
    ...(progress.assignment?.mutation.member === name ? withoutAssignment(progress, situation.now) : {}),
    members: { ...progress.members, [name]: { ...member, leaving } },
  };
  // A word that was kept before is only repeated.
  if (before?.lost !== true) requireQuorumWithoutLost({ ...situation, progress: after }, name, nodeId);
  return after;
}

/** Throws `node_may_serve`: who answers a linearizable read has a quorum, so not all that are needed for one are lost. */
function requireQuorumWithoutLost(situation: Situation, name: string, nodeId: string): void {
  const reads = freshReads(situation);
  const voters = counted(knownMembers(situation)).filter(({ isVoter }) => isVoter);
  const lost = voters.flatMap(({ name: voter, evidence }) => (evidence.kind === 'lost' ? [voter] : []));
  const quorum = Math.floor(voters.length / 2) + 1;
  if (reads.length === 0 || !lost.includes(name) || voters.length - lost.length >= quorum) return;
  const facts = { nodeId, name, cluster: situation.spec.name, lost: lost.join(', ') };
  throw failure('node_may_serve', { ...facts, ...readFacts(reads, freshFor) });
}

/** While a restore is under way: the life that it had in the cluster that is given up. */
function withFormerLost(progress: ClusterProgress, nodeId: string): ClusterProgress {
  const { restore } = progress;
  if (restore?.former === undefined) return progress;
  const former = restore.former.map((one) => (one.nodeId === nodeId ? { ...one, lost: true } : one));
  return { ...progress, restore: { ...restore, former } };
}
