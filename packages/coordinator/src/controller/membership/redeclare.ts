import { failure } from '@picket/shared/errors.ts';
import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { isPicketKeptOut } from '../../model/health.ts';
import type { Instant } from '../../model/instant.ts';
import { isDeclared, namesOf } from '../../model/member-names.ts';
import type { MemberProgress } from '../../model/membership-progress.ts';
import type { ClusterProgress } from '../../model/progress.ts';
import type { Situation } from '../../model/situation.ts';
import { inLeavingOrder, keepsItFromLeaving, without } from './departures.ts';

/**
 * The progress after an operator has declared other members. Each that is taken out leaves etcd as soon as that is safe
 * (R3); one that is declared again stays, unless etcd was already asked to remove it. Only a spec of one member lets one
 * of two leave. Pure; throws `remove_refused` if not all that are taken out could leave now, one after the other, and
 * `etcd_authentication_on` if that is why too few are seen to serve.
 */
export function redeclared(situation: Situation, after: ClusterSpec, by: string): ClusterProgress {
  const { spec, progress } = situation;
  const removed = spec.members.filter(({ name }) => !isDeclared(after, name));
  const back = namesOf(after.members).filter((name) => progress.departing[name] !== undefined);
  if (removed.length === 0 && back.length === 0) return progress;
  const force = after.members.length === 1;
  requireAbleToLeave(situation, namesOf(removed), force);
  const why = reason('removed_by', { by });
  const members = Object.entries(progress.members).map(([name, member]) => {
    if (back.includes(name)) return [name, staying(member)] as const;
    // With a spec of one member, one that is to leave since an earlier change may be one of two at last.
    const leavesAlready = force && progress.departing[name] !== undefined;
    if (leavesAlready || removed.some((one) => one.name === name))
      return [name, leavingOf(member, why, force, situation.now)] as const;
    return [name, member] as const;
  });
  const departing = Object.entries(progress.departing).filter(([name]) => !back.includes(name));
  const more = removed.map(({ name, address }) => [name, { address }] as const);
  return { ...progress, members: Object.fromEntries(members), departing: Object.fromEntries([...departing, ...more]) };
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

function requireAbleToLeave(situation: Situation, names: readonly string[], force: boolean): void {
  const { spec, progress } = situation;
  let rest = situation;
  for (const name of inLeavingOrder(situation, names)) {
    const phase = progress.members[name]?.phase;
    const refuse = (why: Reason) => failure('remove_refused', { cluster: spec.name, member: name, reason: why });
    const obstacle = phase === 'voter' ? keepsItFromLeaving(rest, name, force) : null;
    if (obstacle !== null && isPicketKeptOut(situation))
      throw failure('etcd_authentication_on', { cluster: spec.name, refused: `The member ${name} is not removed` });
    if (obstacle?.code === 'one_of_two') throw refuse(reason('only_one_would_stay'));
    if (obstacle !== null) throw refuse(obstacle);
    rest = without(rest, name);
  }
}
