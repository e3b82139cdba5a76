import { failure, type PicketError } from '@picket/shared/errors.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { isPicketKeptOut } from '../../model/health.ts';
import type { Leaving } from '../../model/membership-progress.ts';
import type { ClusterProgress } from '../../model/progress.ts';
import type { Situation } from '../../model/situation.ts';
import { lastWithFormer } from '../../model/upgrade-stage.ts';
import { keepsItFromLeaving, keepsItsMachine } from '../membership/departures.ts';
import { withMember } from '../membership/incarnations.ts';
import { retiredIncarnation } from '../membership/retired-incarnations.ts';
import { withoutAssignment } from '../membership/withdrawn-mutations.ts';

/**
 * Ends a member's present incarnation, by an operator's order (R3). A voter is asked to remove it from etcd, and the member
 * enters again with an empty data directory, as every other does. Until then its node continues with that incarnation. The
 * same order with force changes it to force. A spec of one member is force enough. In a frozen cluster the order is
 * stored and carried out after the freeze. The last member with the former minor version of an upgrade needs force too. Pure; throws `already_so`,
 * `replace_refused`, and `etcd_authentication_on` if that is why too few are seen to serve.
 */
export function replaced(
  situation: Situation,
  name: string,
  { reason: why, force: isForced }: Pick<Leaving, 'reason' | 'force'>,
): ClusterProgress {
  const force = isForced || asksForOne(situation);
  const { leaving } = situation.progress.members[name] ?? {};
  const again = leaving !== undefined && leaving.learnerOnly !== true && (leaving.force || !force);
  if (again) throw failure('already_so', { reason: reason('replaced_already', { member: name, why: leaving.reason }) });
  const lost = leaving?.lost === true ? ({ lost: true } as const) : {};
  return ended(situation, name, {
    reason: why,
    force,
    machineGone: leaving?.machineGone === true,
    ...lost,
    ...nodeOf(leaving),
  });
}

/**
 * The same if another machine replaces that of a member: an incarnation that has begun on it is over, and must not begin on the
 * next (R4). Throws as {@link replaced} does, judged by {@link keepsItsMachine}.
 */
export function vacated(situation: Situation, name: string, why: Reason): ClusterProgress {
  const { progress } = situation;
  const present = progress.members[name];
  // Before it is a learner, its node knows nothing of its incarnation.
  if (present === undefined || present.phase === 'adding') return progress;
  if (present.leaving?.machineGone === true && present.leaving.learnerOnly !== true) return progress;
  const { nodeId } = situation.status.nodes[name] ?? {};
  const gone = nodeId === undefined ? {} : { nodeId };
  const force = present.leaving?.force === true || asksForOne(situation);
  return ended(situation, name, { reason: why, force, machineGone: true, ...gone }, keepsItsMachine);
}

/** A spec of one member lets one of two voters leave: the other one is no longer declared. */
function asksForOne({ spec }: Situation): boolean {
  return spec.members.length === 1;
}

/** The node of the machine that is gone, if known. */
export function nodeOf(leaving: Leaving | undefined): Pick<Leaving, 'nodeId'> {
  return leaving?.nodeId === undefined ? {} : { nodeId: leaving.nodeId };
}

function ended(situation: Situation, name: string, leaving: Leaving, keepsIt = keepsItFromLeaving): ClusterProgress {
  const { spec, progress, status } = situation;
  const refuse = (why: Reason) => refusal(situation, name, why);
  const member = progress.members[name];
  if (member === undefined) throw refuse(reason('no_member'));
  if (member.phase === 'adding') throw refuse(reason('being_added'));
  if (member.phase === 'founding') {
    throw progress.formation?.from === undefined
      ? refuse(reason('founds_empty', { cluster: spec.name }))
      : refuse(reason('founds_of_snapshot', { nodeId: status.nodes[name]?.nodeId ?? null }));
  }
  // The others may need its etcd to remove it.
  const obstacle = keepsIt(situation, name, leaving.force);
  if (obstacle !== null && isPicketKeptOut(situation)) {
    const refused = `The member ${name} is not replaced`;
    throw failure('etcd_authentication_on', { cluster: spec.name, refused });
  }
  if (obstacle !== null) throw refuse(obstacle);
  const last = lastWithFormer(situation, name);
  if (last !== null && !leaving.force)
    throw refuse(reason('last_with_former_minor', { cluster: spec.name, member: name, ...last }));
  return withLeaving(situation, name, leaving);
}

/** The progress once the incarnation of this member is to end so. */
export function withLeaving({ progress, now }: Situation, name: string, order: Leaving): ClusterProgress {
  // Another order for the same incarnation does not undo what a voter was asked for.
  const leaving = progress.members[name]?.leaving?.asked === true ? ({ ...order, asked: true } as const) : order;
  return {
    ...progress,
    // A promotion that still happens is seen, and the member leaves as a voter.
    ...(progress.assignment?.mutation.member === name ? withoutAssignment(progress, now) : {}),
    ...withMember(progress, name, { leaving }),
  };
}

/** That the machine of this member must not be given up. */
export function refusal({ spec }: Situation, member: string, why: Reason): PicketError {
  return failure('replace_refused', { cluster: spec.name, member, reason: why });
}

/**
 * The progress of a backup, as if it did not know the incarnation of this member.
 *
 * @param nodeId the node that is the member by the backup
 */
export function withoutIncarnation(progress: ClusterProgress, name: string, nodeId: string): ClusterProgress {
  const { [name]: present, ...members } = progress.members;
  if (present === undefined) return progress;
  const of = present.leaving?.machineGone === true ? present.leaving.nodeId : nodeId;
  return { ...progress, members, retired: [...progress.retired, retiredIncarnation(name, present.incarnation, of)] };
}
