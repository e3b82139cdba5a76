import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { serving, voters } from '../../model/health.ts';
import { isDeclared, namesOf } from '../../model/member-names.ts';
import type { Situation } from '../../model/situation.ts';
import { snapshotFreshFor } from '../../model/waits.ts';
import { departures, keepsItDespiteSpec, keepsItFromLeaving } from './departures.ts';
import { ableToEnter, newcomerIsReady, newcomers } from './newcomers.ts';

/** The voters of a cluster, and what the spec still asks for. */
export interface VoterCount {
  readonly voters: number;
  /** Declared members that are not voters yet, or that will enter again. */
  readonly coming: number;
  /** As many as the spec declares. */
  readonly asked: number;
}

/**
 * Whether a voter that is no longer declared may leave before another newcomer is a voter, by the count alone (R3). From an
 * odd count it waits: first its newcomer is promoted. From an even count that the spec does not ask for, it leaves at once.
 */
export function countLetsGo({ voters: count, coming, asked }: VoterCount): boolean {
  return coming === 0 || (count % 2 === 0 && count > 2 && count !== asked);
}

/**
 * Why this incarnation must not leave etcd now; null if it may.
 *
 * @param more learners that count as voters which serve
 */
export function keepsItNow(situation: Situation, name: string, force: boolean, more = 0): Reason | null {
  return (
    awaitsNewcomer(situation, name, more) ??
    keepsItFromLeaving(situation, name, force, more) ??
    // While newcomers come, the count keeps the others.
    (comingMembers(situation).length > 0 ? null : keepsItDespiteSpec(situation, name))
  );
}

/**
 * What a leaving voter waits for: its newcomer becomes a voter first. A voter that does not serve leaves before that, since
 * Picket adds no member beside it (etcd before 3.5.30 and 3.6.11 refuses to): as soon as a newcomer can follow, or if more leave than come and a declared voter stays: of
 * three that all leave, the last two would wait for the newcomer. One whose machine is gone for an operator does not wait.
 */
function awaitsNewcomer(situation: Situation, name: string, more: number): Reason | null {
  const { spec, progress } = situation;
  const member = progress.members[name];
  if (progress.departing[name] === undefined || member?.phase !== 'voter') return null;
  if (member.leaving === undefined || member.leaving.machineGone) return null;
  const coming = comingMembers(situation);
  const count = voters(situation).length + more;
  if (countLetsGo({ voters: count, coming: coming.length - more, asked: spec.members.length })) return null;
  if (!serving(situation, name).ok) {
    // A declared voter that is to enter again may be able to leave only after this one.
    const entering = coming.filter((other) => progress.members[other]?.phase !== 'voter');
    const isExcess = leavingVoters(situation).length > entering.length;
    const anyStays = voters(situation).some(([voter]) => isDeclared(spec, voter));
    if ((isExcess && anyStays) || count % 2 === 0 || newcomerIsReady(situation)) return null;
  }
  return reason('leaves_after_newcomer', { member: name, newcomers: coming });
}

/** Declared members that are not voters, and those that leave and enter again. */
function comingMembers({ spec, progress }: Situation): readonly string[] {
  return namesOf(spec.members).filter((name) => {
    const { phase, leaving } = progress.members[name] ?? {};
    return phase !== 'voter' || (leaving !== undefined && leaving.learnerOnly !== true);
  });
}

/** The voters that operators have taken out of the spec, in their leaving order. */
function leavingVoters(situation: Situation) {
  const { departing } = situation.progress;
  return departures(situation).filter(({ name, phase }) => phase === 'voter' && departing[name] !== undefined);
}

/** The voter that is removed directly after one more newcomer becomes a voter, so that the count is odd again; null if none. */
export function leavesAfterPromotion(situation: Situation): string | null {
  if (voters(situation).length % 2 === 0) return null;
  const next = leavingVoters(situation).find(
    ({ name, leaving }) => keepsItNow(situation, name, leaving.force, 1) === null,
  );
  return next?.name ?? null;
}

/**
 * True for the removal that makes an even count odd again, just after a promotion: no snapshot comes between (R3). A
 * voter that a take-over has found was not promoted now.
 */
export function makesCountOdd(situation: Situation, name: string): boolean {
  const { spec, progress, now } = situation;
  const all = voters(situation);
  if (progress.departing[name] === undefined || all.length % 2 === 1 || all.length === spec.members.length)
    return false;
  return all.some(
    ([voter, { since, promotionSince }]) =>
      isDeclared(spec, voter) && promotionSince !== undefined && now - since <= snapshotFreshFor,
  );
}

/**
 * Never stay at an even number of voters unless the spec asks for one (R3): two voters survive no more failures than
 * one, and the failure of either stops them. So the step from odd to even is taken only when the next can follow: the
 * removal of a voter that is no longer declared, or another newcomer.
 */
export function restsAsLearner(situation: Situation, name: string): Reason | null {
  const { spec, progress } = situation;
  const after = voters(situation).length + 1;
  if (after % 2 === 1) return null;
  const leaving = leavingVoters(situation);
  if (after === spec.members.length && leaving.length === 0) return null;
  const kept = leaving.map((one) => ({
    member: one.name,
    why: keepsItNow(situation, one.name, one.leaving.force, 1),
  }));
  if (kept.some(({ why }) => why === null)) return null;
  if (newcomers(situation).some((other) => other !== name)) return null;
  const leavers = kept.flatMap(({ member, why }) =>
    why === null || why.code === 'leaves_after_newcomer' ? [] : [{ member, why }],
  );
  if (leavers.length > 0) return reason('learner_waits_for_departure', { member: name, leavers, after });
  const missing = namesOf(spec.members).flatMap((other) => {
    if (other === name || progress.members[other] !== undefined) return [];
    const health = ableToEnter(other, situation);
    return health.ok ? [] : [{ member: other, why: health.why }];
  });
  return reason('rests_as_learner', { member: name, missing, after });
}
