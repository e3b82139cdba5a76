import { readFacts } from '@picket/shared/answered-reads.ts';
import { failure } from '@picket/shared/errors.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { quorumOf } from '../../model/health.ts';
import type { ClusterProgress } from '../../model/progress.ts';
import type { Situation } from '../../model/situation.ts';
import { lastWithFormer } from '../../model/upgrade-stage.ts';
import { freshFor } from '../../model/waits.ts';
import { takenBackFrom } from '../restore/restore.ts';
import { counted, freshReads, knownMembers } from '../restore/voter-evidence.ts';
import { nodeOf, refusal, withLeaving } from './replacement.ts';

/**
 * The progress once an operator has said that the machine or the disk of this member's node is lost (R16). The incarnation is
 * over. It is removed from etcd as soon as the remaining members can do without it (R3), and never begins on another
 * machine (R4). Until then it counts as evidence for a restore. If the founder was to begin from a snapshot, that
 * source becomes available again. A freeze does not prevent this: it publishes nothing. Pure; throws `replace_refused`
 * for a founder that began empty, and for the last member with the former minor version of an upgrade that no operator has replaced with
 * force, and `node_may_serve` for the last voter without which there could be no quorum while
 * a member answers reads.
 *
 * @param nodeId the node that is the member now
 */
export function declaredLost(situation: Situation, name: string, nodeId: string, why: Reason): ClusterProgress {
  const { spec, progress } = situation;
  const member = progress.members[name];
  const back = takenBackFrom(situation, name);
  if (back !== null) return withFormerLost(back, nodeId);
  // Before it is a learner, its node knows nothing of its incarnation.
  if (member === undefined || member.phase === 'adding') return withFormerLost(progress, nodeId);
  if (member.phase === 'founding') {
    throw refusal(situation, name, reason('founds_empty', { cluster: spec.name }));
  }
  const before = member.leaving;
  const last = before?.force === true || before?.lost === true ? null : lastWithFormer(situation, name);
  if (last !== null)
    throw refusal(situation, name, reason('lost_with_former_minor', { cluster: spec.name, member: name, ...last }));
  // The incarnation may be that of an earlier machine.
  const gone = before?.machineGone === true ? nodeOf(before) : { nodeId };
  const leaving = { reason: why, force: before?.force === true, machineGone: true, lost: true, ...gone } as const;
  const after = withLeaving(situation, name, leaving);
  // An order that was stored before is only repeated.
  if (before?.lost !== true) requireQuorumWithoutLost({ ...situation, progress: after }, name, nodeId);
  return after;
}

/**
 * Throws `node_may_serve`: a member that answers a linearizable read has a quorum, so not all voters that a quorum
 * needs are lost.
 */
function requireQuorumWithoutLost(situation: Situation, name: string, nodeId: string): void {
  const reads = freshReads(situation);
  const voters = counted(knownMembers(situation)).filter(({ isVoter }) => isVoter);
  const lost = voters.flatMap(({ name: voter, evidence }) => (evidence.kind === 'lost' ? [voter] : []));
  const quorum = quorumOf(voters.length);
  if (reads.length === 0 || !lost.includes(name) || voters.length - lost.length >= quorum) return;
  const facts = { nodeId, member: name, cluster: situation.spec.name, lost: lost.join(', ') };
  throw failure('node_may_serve', { ...facts, ...readFacts(reads, freshFor) });
}

/** While a restore is in progress: the incarnation that it had in the cluster that is given up. */
function withFormerLost(progress: ClusterProgress, nodeId: string): ClusterProgress {
  const { restore } = progress;
  if (restore?.former === undefined) return progress;
  const former = restore.former.map((one) => (one.nodeId === nodeId ? { ...one, lost: true } : one));
  return { ...progress, restore: { ...restore, former } };
}
