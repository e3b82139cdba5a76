import { failure } from '@picket/shared/errors.ts';
import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { isPicketKeptOut } from '../../model/health.ts';
import type { Instant } from '../../model/instant.ts';
import { mapped } from '../../model/mapped.ts';
import { isDeclared, namesOf } from '../../model/member-names.ts';
import type { MemberProgress } from '../../model/membership-progress.ts';
import type { ClusterProgress } from '../../model/progress.ts';
import type { Situation } from '../../model/situation.ts';
import { keepsItFromLeaving, without } from './departures.ts';
import { membershipSteps } from './plan.ts';
import { withoutAssignment } from './withdrawn-mutations.ts';

/**
 * The progress after an operator has declared other members. Each that is taken out leaves etcd as soon as that is safe
 * (R3): a voter that somebody is declared instead of leaves once that newcomer is a voter. One that is declared again stays,
 * unless etcd was already asked to remove it. Only a spec of one member lets one of two leave. Pure; throws
 * `remove_refused` if not all that are taken out could leave now, one after the other, and `etcd_authentication_on` if
 * that is why too few are seen to serve.
 */
export function redeclared(situation: Situation, after: ClusterSpec, by: string): ClusterProgress {
  const { spec, progress, now } = situation;
  const removed = spec.members.filter(({ name }) => !isDeclared(after, name));
  const before = declaredAgain(progress, after);
  if (removed.length === 0 && before === progress) return progress;
  const force = after.members.length === 1;
  requireAbleToLeave({ ...situation, spec: after }, namesOf(removed), force);
  const why = reason('removed_by', { by });
  const members = mapped(before.members, (member, name) => {
    if (isDeclared(after, name) && progress.departing[name] !== undefined) return member;
    // With a spec of one member, one that is to leave for an earlier word may be one of two at last.
    const leavesAlready = force && member.leaving !== undefined && member.leaving.learnerOnly !== true;
    const leaves = leavesAlready || removed.some((one) => one.name === name);
    return leaves ? leavingOf(member, why, force, now) : member;
  });
  const more = removed.map(({ name, address }) => [name, { address }] as const);
  return {
    ...progress,
    // A promotion that still happens is seen, and the member leaves as a voter.
    ...(isOrderedFor(progress, namesOf(removed)) ? withoutAssignment(progress, now) : {}),
    members,
    departing: { ...before.departing, ...Object.fromEntries(more) },
  };
}

/** Members that operators had taken out of the spec, and that it declares again, stay, unless etcd was asked to remove them. */
export function declaredAgain(progress: ClusterProgress, spec: ClusterSpec): ClusterProgress {
  const isBack = (name: string) => progress.departing[name] !== undefined && isDeclared(spec, name);
  if (!Object.keys(progress.departing).some(isBack)) return progress;
  const members = mapped(progress.members, (member, name) => (isBack(name) ? staying(member) : member));
  const departing = Object.entries(progress.departing).filter(([name]) => !isBack(name));
  return { ...progress, members, departing: Object.fromEntries(departing) };
}

/** An operator's word about its machine stands beside this one. */
function leavingOf(before: MemberProgress, why: Reason, force: boolean, now: Instant): MemberProgress {
  // Since then no voter is asked to add it.
  const member = before.phase === 'adding' ? { ...before, since: now } : before;
  const { leaving } = member;
  if (leaving !== undefined && leaving.learnerOnly !== true)
    return { ...member, leaving: { ...leaving, force: leaving.force || force } };
  return { ...member, leaving: { reason: why, force, machineGone: leaving?.machineGone === true } };
}

function staying(member: MemberProgress): MemberProgress {
  const { leaving, ...rest } = member;
  return leaving?.reason.code === 'removed_by' && leaving.asked !== true && !leaving.machineGone ? rest : member;
}

/** True if one of these members is to be promoted. */
function isOrderedFor({ assignment }: ClusterProgress, names: readonly string[]): boolean {
  return assignment?.mutation.kind === 'promote' && names.includes(assignment.mutation.member);
}

/** Judged in the order of the plan; each newcomer counts as a voter that serves once its turn to be promoted has come. */
function requireAbleToLeave(situation: Situation, names: readonly string[], force: boolean): void {
  const { spec, progress } = situation;
  const refuse = (member: string, why: Reason) =>
    failure('remove_refused', { cluster: spec.name, member, reason: why });
  let rest = situation;
  let promoted = 0;
  for (const { kind, member } of membershipSteps(situation)) {
    if (kind === 'promote') promoted += 1;
    if (kind !== 'remove') continue;
    const { phase, leaving } = progress.members[member] ?? {};
    const mayBeLast = force || leaving?.force === true;
    const obstacle = phase === 'voter' ? keepsItFromLeaving(rest, member, mayBeLast, promoted) : null;
    if (obstacle !== null && names.includes(member)) {
      if (isPicketKeptOut(situation))
        throw failure('etcd_authentication_on', { cluster: spec.name, refused: `The member ${member} is not removed` });
      throw refuse(member, obstacle.code === 'one_of_two' ? reason('only_one_would_stay') : obstacle);
    }
    if (obstacle === null) rest = without(rest, member);
  }
}
