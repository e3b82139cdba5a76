import type { ListedMember } from '@picket/shared/protocol/report.ts';
import { type FactsOf, type Reason, reason } from '@picket/shared/reasons/reason.ts';
import {
  ailments,
  following,
  type Health,
  leads,
  not,
  reachable,
  serving,
  servingVoters,
  voters,
} from '../../model/health.ts';
import { isDeclared, memberNames, namesOf } from '../../model/member-names.ts';
import type { MemberProgress, Mutation } from '../../model/membership-progress.ts';
import { act, agreed, type Opinion, remark, waitFor } from '../../model/opinion.ts';
import { isAwaited } from '../../model/presence.ts';
import { heldAlone } from '../../model/risks.ts';
import type { Situation } from '../../model/situation.ts';
import { unknownIncarnation } from '../../model/unknown-incarnation.ts';
import { clientUrlOf, peerUrlOf } from '../../model/urls.ts';
import {
  caughtUpAgainAfter,
  learnerTurn,
  orderOverAfter,
  promotionPatience,
  reassignAfter,
  stallAfter,
} from '../../model/waits.ts';
import { asIfDisarmed, namedNow } from '../corruption/present-comparison.ts';
import { snapshotBefore } from '../snapshots/snapshots.ts';
import { departures } from './departures.ts';
import { handOverFirst } from './hand-over-first.ts';
import { believedList, type MemberList } from './member-list.ts';
import { ableToEnter, backoffLeft, newcomers } from './newcomers.ts';
import { keepsItNow, leavesAfterPromotion, makesCountOdd, restsAsLearner } from './odd-count.ts';
import { retireUnknownIncarnation } from './retire-incarnation.ts';
import { livingNode } from './retired-incarnations.ts';
import { forgetUnadded, withdrawAddition } from './unadded.ts';
import { lapsedMutation, stillUnderWay } from './withdrawn-mutations.ts';

/**
 * One change and one learner at a time (R3). The controller reads what has happened from etcd's own member list, never
 * from an agent's answer: so lost, late and repeated reports change nothing.
 */
export function membership(given: Situation): Opinion {
  const situation = asIfDisarmed(given);
  const withdrawn = withdrawAddition(situation);
  if (withdrawn !== null) return withdrawn;
  const view = believedList(situation);
  const { permit } = situation.progress;
  if (view === null) {
    // Its holder may be the reason: then the end of the permit is awaited.
    if (permit !== null) return agreed;
    // A coordinator that has heard nobody since its start revokes nothing: it may be behind (R5).
    return (servesAny(situation) ? awaitAssignment(situation, null) : null) ?? awaitList(situation);
  }
  const recorded = record(situation, view);
  if (recorded !== null) return recorded;
  const lapsed = lapsedMutation(situation);
  if (lapsed !== null) return act({ kind: 'forget-assignment', mutation: lapsed.mutation });
  // The holder of a permit may be down at any moment: no change of membership at the same time.
  if (permit !== null) return agreed;
  const alone = heldAlone(situation);
  if (alone.length > 0) return waitFor(...alone);
  const unknown = strangersIn(situation, view);
  const noted = noteUndeclared(situation, view);
  if (noted !== null) return noted;
  const stray = strangers(situation, unknown);
  if (stray !== null) return stray;
  const unadded = forgetUnadded(situation);
  if (unadded !== null) return unadded;
  const unknownIncarnation = retireUnknownIncarnation(situation);
  if (unknownIncarnation !== null) return unknownIncarnation;

  const pending = awaitAssignment(situation, view);
  if (pending !== null) return pending;
  const leaves = letGo(situation);
  if (leaves.blocks) return leaves;

  const learner = memberNames(situation).find((name) => situation.progress.members[name]?.phase === 'learner');
  const next = learner === undefined ? addNext(situation) : tendLearner(situation, learner);
  const rests = next.step === null ? restsAtEven(situation) : [];
  return { ...next, waits: [...leaves.waits, ...next.waits, ...rests] };
}

/**
 * An even count that the spec does not ask for, and that only newcomers can end (R3): the last promotion counted on one that
 * has not become a voter since. Operators should know what this means until it does.
 */
function restsAtEven({ spec, progress }: Situation): readonly Reason[] {
  const count = voters({ spec, progress }).length;
  const newcomers = namesOf(spec.members).filter((name) => progress.members[name]?.phase !== 'voter');
  const ends =
    newcomers.length > 0 && Object.keys(progress.departing).every((name) => progress.members[name] === undefined);
  if (count === 0 || count % 2 === 1 || count === spec.members.length || !ends) return [];
  return [reason('even_until_they_come', { newcomers, voters: count })];
}

function servesAny(situation: Situation): boolean {
  return servingVoters(situation).length > 0;
}

/** Nothing begins while the members are not known. */
function awaitList(situation: Situation): Opinion {
  const { quarantined, members } = situation.progress;
  const isEvictedAsCompromised = (member: string) =>
    members[member]?.leaving?.compromised === true || quarantined.some(({ name }) => name === member);
  // If its list is missing for a majority, its removal must not wait for that: etcd decides whether it has a quorum.
  const expelled = letGo(situation, isEvictedAsCompromised);
  if (expelled.step !== null) return expelled;
  const leaves = letGo(situation);
  const list = servesAny(situation) ? 'majority_shows_list' : 'voter_serves';
  const sick = ailments(situation).map((ailment) => reason(list, { ailment }));
  return waitFor(
    ...(leaves.step === null ? leaves.waits : []),
    ...(sick.length > 0 ? sick : [reason(list, { ailment: null })]),
  );
}

/** Updates progress from the member list, one fact at a time. */
function record(situation: Situation, view: MemberList): Opinion | null {
  const { progress } = situation;
  const listed = new Map(view.members.map((entry) => [entry.id, entry]));
  const { asOf } = view;

  for (const name of memberNames(situation)) {
    const member = progress.members[name];
    if (member === undefined) continue;
    if (member.phase === 'adding') {
      const url = urlToAdd(situation, name);
      const entry = view.members.find(
        ({ id, peerUrls }) => url !== null && peerUrls.includes(url) && !progress.gone.includes(id),
      );
      if (entry !== undefined) return act({ kind: 'record-learner', member: name, memberId: entry.id, asOf });
      continue;
    }
    if (member.memberId === null) continue;
    const entry = listed.get(member.memberId);
    if (entry === undefined) {
      const nodeId = livingNode(progress, situation.status, name);
      const removed = { member: name, memberId: member.memberId };
      if (member.leaving === undefined && member.phase === 'voter')
        return act({ kind: 'freeze', reason: reason('voter_removed_by_another_hand', removed) });
      const known = member.leaving?.reason ?? stallReason(situation, member) ?? member.unfit?.reason;
      const why = known ?? reason('removed_by_another_hand');
      return act({ kind: 'record-removed', member: name, memberId: member.memberId, reason: why, asOf, nodeId });
    }
    if (member.phase === 'learner' && !entry.isLearner) return act({ kind: 'record-voter', member: name, asOf });
  }
  return null;
}

/** The URL by which this member is added; null if it is neither declared, departing nor ordered. */
function urlToAdd({ spec, progress }: Situation, name: string): string | null {
  const { [name]: departing } = progress.departing;
  const declared = spec.members.find((member) => member.name === name) ?? (departing && { name, ...departing });
  if (declared !== undefined) return peerUrlOf(spec, declared);
  const asked = progress.assignment?.mutation;
  return asked?.kind === 'add-learner' && asked.member === name ? asked.peerUrl : null;
}

/** Members that nobody recorded. */
function strangersIn({ progress }: Situation, view: MemberList): readonly ListedMember[] {
  const known = new Set([...progress.gone, ...Object.values(progress.members).map(({ memberId }) => memberId)]);
  return view.members.filter(({ id }) => !known.has(id));
}

/** They count for the majority, also once nobody can list them (R16). */
function noteUndeclared(situation: Situation, view: MemberList): Opinion | null {
  const { spec, progress } = situation;
  const idOf = (name: string) => progress.members[name]?.memberId;
  const declared = new Set([...progress.gone, ...spec.members.map(({ name }) => idOf(name))]);
  const recorded = new Set(Object.keys(progress.members).map(idOf));
  const members = view.members
    .filter(({ id, isLearner }) => !declared.has(id) && (!isLearner || recorded.has(id)))
    .filter((entry) => !leavesFromItsPlace(entry, situation))
    .sort((one, other) => (one.id < other.id ? -1 : 1));
  const same = JSON.stringify(members) === JSON.stringify(progress.undeclared);
  return same ? null : act({ kind: 'record-undeclared', members });
}

/** One that operators have removed, and that etcd lists as it was declared until then: that is known of it. */
function leavesFromItsPlace({ id, peerUrls, clientUrls }: ListedMember, { spec, progress }: Situation): boolean {
  return Object.entries(progress.departing).some(([name, former]) => {
    if (progress.members[name]?.memberId !== id) return false;
    const listsOnly = (urls: readonly string[], url: string) => urls.every((one) => one === url);
    const member = { name, ...former };
    return listsOnly(peerUrls, peerUrlOf(spec, member)) && listsOnly(clientUrls, clientUrlOf(spec, member));
  });
}

/**
 * Removes a learner that a late answer added, and one that the coordinator from before the restore began on its node:
 * neither has a vote, and both enter again. Any other unknown member was added by somebody else.
 */
function strangers(situation: Situation, unknown: readonly ListedMember[]): Opinion | null {
  const { progress, spec } = situation;
  const [stranger] = unknown;
  if (stranger === undefined) return null;
  const declaredAs = ({ peerUrls }: ListedMember) =>
    spec.members.find((member) => peerUrls.includes(peerUrlOf(spec, member)));
  const declared = declaredAs(stranger);
  const hasBegun = stranger.name !== '';
  const isOurs = (one: ListedMember): boolean => {
    const member = declaredAs(one);
    return member !== undefined && one.isLearner && (one.name === '' || runsEarlierIncarnation(member.name, situation));
  };
  if (declared === undefined || !isOurs(stranger)) {
    // Each of them: etcd may refuse to remove the first before another one that is down.
    const foreign = unknown.filter((one) => !isOurs(one));
    return waitFor(
      ...foreign.map((one) => {
        const { id: memberId, name, peerUrls, isLearner } = one;
        const listed = { memberId, name, peerUrls, role: isLearner ? 'learner' : 'voter' } as const;
        const member = declaredAs(one)?.name;
        return member === undefined
          ? reason('undeclared_member', { ...listed, isRestored: false })
          : reason('member_added_elsewhere', { ...listed, member });
      }),
    );
  }
  const mutation: Mutation = {
    kind: 'remove-learner',
    member: declared.name,
    memberId: stranger.id,
    reason: reason(hasBegun ? 'added_before_restore' : 'added_by_late_reply'),
  };
  return due(situation, mutation)
    ? assign(situation, mutation)
    : waitFor(reason('stray_removed', { memberId: stranger.id, executor: progress.assignment?.executor ?? null }));
}

/** Its node runs one that the coordinator from before the restore began, or has run it and not entered again. */
function runsEarlierIncarnation(member: string, situation: Situation): boolean {
  const isRetired = situation.progress.retired.some(
    (incarnation) => incarnation.member === member && incarnation.unknown === true,
  );
  return isRetired || unknownIncarnation(member, situation) !== null;
}

/**
 * While one change is ordered, no other is. A change without effect is ordered again, from a member that serves now.
 */
function awaitAssignment(situation: Situation, view: MemberList | null): Opinion | null {
  const { progress } = situation;
  if (progress.assignment === null) return null;
  const { mutation, executor } = progress.assignment;
  if (view !== null && isRemoval(mutation) && !view.members.some(({ id }) => id === mutation.memberId)) {
    const { member, memberId, reason: why } = mutation;
    const nodeId = livingNode(progress, situation.status, member);
    return act({ kind: 'record-removed', member, memberId, reason: why, asOf: view.asOf, nodeId });
  }
  if (mutation.kind === 'promote') {
    // Before it counts as lagging, so that the lease is over long before this learner can count as stalled: a removal
    // never meets a promotion that is still in progress.
    const follows = following(situation, mutation.member);
    if (progress.members[mutation.member] !== undefined && !follows.ok)
      return act({ kind: 'withdraw-assignment', mutation, reason: follows.why });
  }
  const outcome = situation.status.nodes[executor]?.status?.lastStep;
  const refused = outcome?.id === progress.assignment.id && outcome.outcome === 'refused';
  if (mutation.kind === 'promote' && refused && situation.now - progress.assignment.since >= promotionPatience) {
    return act({ kind: 'record-unfit', member: mutation.member, reason: unfitReason });
  }
  if (due(situation, mutation)) return askAgain(situation, mutation);
  const said = outcome?.id === progress.assignment.id && outcome.outcome !== 'done' ? outcome.reason : null;
  return waitFor(reason('change_made', { executor, ...changeOf(mutation), said }));
}

/** Judged as if for the first time: the reasons for the first order may have changed. */
function askAgain(situation: Situation, mutation: Mutation): Opinion {
  if (mutation.kind === 'remove-voter') {
    const obstacle = keepsItNow(situation, mutation.member, mutation.force);
    return obstacle === null
      ? assign(situation, mutation)
      : act({ kind: 'withdraw-assignment', mutation, reason: obstacle });
  }
  const [ailment] = ailments(situation);
  const rest = mutation.kind === 'promote' ? restsAsLearner(situation, mutation.member) : null;
  // Otherwise it would stay open for an executor that is only late.
  if (mutation.kind !== 'remove-learner' && ailment !== undefined) {
    return act({ kind: 'withdraw-assignment', mutation, reason: ailment });
  }
  if (rest !== null) return act({ kind: 'withdraw-assignment', mutation, reason: reason('waits_for', { why: rest }) });
  return assign(situation, mutation);
}

type Removal = Extract<Mutation, { kind: 'remove-learner' | 'remove-voter' }>;

function isRemoval(mutation: Mutation): mutation is Removal {
  return mutation.kind === 'remove-learner' || mutation.kind === 'remove-voter';
}

/**
 * An incarnation that an operator has ended is removed as soon as the remaining members can do without it. Until then other due
 * changes are made: they may be what the remaining members lack.
 */
function letGo(situation: Situation, which: (member: string) => boolean = () => true): Opinion {
  const waits: Reason[] = [];
  for (const { name: member, memberId, phase, leaving } of departures(situation)) {
    if (!which(member)) continue;
    if (phase === 'voter' && leaving.learnerOnly === true) {
      waits.push(reason('became_voter', { cluster: situation.spec.name, member, why: leaving.reason }));
      continue;
    }
    const obstacle = keepsItNow(situation, member, leaving.force);
    if (obstacle !== null) waits.push(staysFor(situation, member, obstacle));
    else {
      const { reason: why, force } = leaving;
      return phase === 'voter'
        ? assign(situation, { kind: 'remove-voter', member, memberId, reason: why, force })
        : assign(situation, { kind: 'remove-learner', member, memberId, reason: why });
    }
  }
  return remark(...waits);
}

/** An even count that the spec does not ask for ends with the next removal: operators should know why it does not. */
function staysFor(situation: Situation, member: string, why: Reason): Reason {
  if (why.code === 'leaves_after_newcomer') return why;
  const { spec, progress } = situation;
  const count = voters(situation).length;
  const isHalfDone = count % 2 === 0 && count !== spec.members.length && progress.departing[member] !== undefined;
  return isHalfDone
    ? reason('even_until_it_leaves', { member, why, voters: count })
    : reason('must_not_leave_yet', { member, why });
}

function changeOf(mutation: Mutation): FactsOf<'before_change'> {
  const { kind, member } = mutation;
  return { kind, member, why: 'reason' in mutation ? mutation.reason : null };
}

/** Whether to give this mutation out now: it was not given, or too long ago, or to a voter that became unhealthy. */
function due(situation: Situation, mutation: Mutation): boolean {
  const { assignment } = situation.progress;
  if (assignment === null || assignment.mutation.kind !== mutation.kind) return true;
  if (assignment.mutation.member !== mutation.member) return true;
  if (situation.now - assignment.issuedAt >= reassignAfter) return true;
  return !serving(situation, assignment.executor).ok;
}

/** Gives the mutation to a serving voter. */
function assign(situation: Situation, given: Mutation): Opinion {
  const differs = namedNow(situation)?.differing.includes(given.member) === true;
  const mutation = given.kind === 'remove-voter' && differs ? ({ ...given, differs } as const) : given;
  // Removing a learner heals, and a mutation that is already ordered needs no second check.
  const asked = situation.progress.assignment;
  const changesVotes = mutation.kind === 'promote' || mutation.kind === 'remove-voter';
  const others = changesVotes ? stillUnderWay(situation, mutation.member) : [];
  if (others.length > 0) return waitFor(...others);
  // Whoever controls a compromised machine may use each minute that a snapshot takes.
  const isUrgent = situation.progress.members[mutation.member]?.leaving?.compromised === true;
  const before =
    asked !== null ||
    mutation.kind === 'remove-learner' ||
    isUrgent ||
    (mutation.kind === 'remove-voter' && makesCountOdd(situation, mutation.member))
      ? null
      : snapshotBefore(situation, reason('before_change', changeOf(mutation)));
  if (before !== null) return before;
  const leaves = asked === null ? leavesNext(situation, mutation) : null;
  const handover = leaves === null ? null : handOverFirst(situation, leaves);
  if (handover !== null) return handover;
  const able = executors(situation, mutation);
  const again = asked?.mutation.kind === mutation.kind && asked.mutation.member === mutation.member;
  const last = again ? able.indexOf(asked.executor) : -1;
  const executor = able[(last + 1) % able.length];
  if (executor === undefined) return waitFor(reason('voter_serves', { ailment: null }));
  return act({ kind: 'assign', mutation, executor });
}

/** Who is removed by this change, or directly after it: a handover between the two would prolong an even count (R3). */
function leavesNext(situation: Situation, { kind, member }: Mutation): string | null {
  if (kind === 'remove-voter') return member;
  return kind === 'promote' ? leavesAfterPromotion(situation) : null;
}

/**
 * The voters that serve, the leader first, since it needs no other to answer. If a change has no effect, the others are
 * asked in turn: etcd refuses a change because of an "unhealthy cluster" by the connections of the asked member, and
 * that member can count a healthy one as lost forever (etcd issue 14523).
 */
function executors(situation: Situation, mutation: Mutation): readonly string[] {
  const able = servingVoters(situation).filter(
    (name) =>
      (isDeclared(situation.spec, name) || situation.progress.departing[name] !== undefined) &&
      name !== mutation.member,
  );
  return able.toSorted((one, other) => Number(leads(situation, other)) - Number(leads(situation, one)));
}

function tendLearner(situation: Situation, name: string): Opinion {
  const { progress, status } = situation;
  const member = progress.members[name];
  if (member === undefined || member.memberId === null) return agreed;
  if (member.unfit !== null)
    return takeOutUnfit(situation, { member: name, memberId: member.memberId, ...member.unfit });
  const follows = steadily(member, following(situation, name), situation.now);
  // Neither a lag nor a stall is known before it could report (R19).
  if (!follows.ok && isAwaited(status.nodes[name], situation.now))
    return waitFor(reason('learner_catches_up', { member: name, why: follows.why }));
  if (follows.ok && !member.caughtUp) return act({ kind: 'record-caught-up', member: name });
  if (!follows.ok && member.caughtUp) return act({ kind: 'record-lagging', member: name });

  if (!follows.ok) {
    const hadItsTurn = situation.now - (member.promotionSince ?? situation.now) >= learnerTurn;
    const next = newcomers(situation).find((other) => other !== name);
    if (hadItsTurn && next !== undefined) {
      return act({
        kind: 'record-unfit',
        member: name,
        reason: reason('had_its_turn', { minutes: learnerTurn / 60_000, next }),
      });
    }
    const stalled = stallReason(situation, member);
    const alive = reachable(status.nodes[name], situation.now).ok;
    if (stalled !== null && (alive || next !== undefined)) {
      return assign(situation, { kind: 'remove-learner', member: name, memberId: member.memberId, reason: stalled });
    }
    const wait = reason('learner_catches_up', { member: name, why: follows.why });
    // If nobody waits, a silent learner may stay for months, and so may one that had its turn: nothing else waits for
    // it.
    return stalled === null && !hadItsTurn ? waitFor(wait) : remark(wait);
  }

  const sick = ailments(situation);
  if (sick.length > 0)
    return waitFor(...sick.map((ailment) => reason('all_serve_before_promotion', { member: name, ailment })));
  const rest = restsAsLearner(situation, name);
  if (rest !== null) return remark(rest);
  return assign(situation, { kind: 'promote', member: name, memberId: member.memberId });
}

const unfitReason = reason('promotion_refused', { minutes: promotionPatience / 60_000 });

/** A learner that lagged must have followed for a while before it counts as caught up again. */
function steadily({ caughtUp, lagged, since }: MemberProgress, follows: Health, now: number): Health {
  const left = since + caughtUpAgainAfter - now;
  if (!follows.ok || caughtUp || lagged !== true || left <= 0) return follows;
  return not(reason('lagged', { seconds: Math.ceil(left / 1000) }));
}

/** Only once the last ordered promotion can surely no longer happen: a voter is never removed this way (R3). */
function takeOutUnfit(
  situation: Situation,
  {
    since,
    ...unfit
  }: { readonly member: string; readonly memberId: string; readonly since: number; readonly reason: Reason },
): Opinion {
  const left = since + orderOverAfter - situation.now;
  if (left > 0) {
    const seconds = Math.ceil(left / 1000);
    return waitFor(reason('learner_taken_out', { seconds, member: unfit.member, why: unfit.reason }));
  }
  return assign(situation, { kind: 'remove-learner', ...unfit });
}

/** Why a learner counts as stalled; null while it has time, or follows. */
function stallReason({ now }: Situation, member: MemberProgress): Reason | null {
  if (member.phase !== 'learner' || member.caughtUp || now - member.since < stallAfter) return null;
  return reason('not_caught_up', { minutes: Math.round((now - member.since) / 60_000) });
}

function addNext(situation: Situation): Opinion {
  const { spec, progress, now } = situation;
  const adding = spec.members.find(({ name }) => progress.members[name]?.phase === 'adding');
  const outside = spec.members.filter(({ name }) => progress.members[name] === undefined);
  if (adding === undefined && outside.length === 0) return agreed;

  const sick = ailments(situation);
  if (sick.length > 0) return waitFor(...sick.map((ailment) => reason('all_serve_before_addition', { ailment })));

  // A learner that is ordered and does not exist yet comes first: its incarnation is already named.
  const next = adding ?? outside.find(({ name }) => newcomers(situation).includes(name));
  if (next !== undefined) {
    return assign(situation, { kind: 'add-learner', member: next.name, peerUrl: peerUrlOf(spec, next) });
  }
  const waits = outside.flatMap(({ name }): readonly Reason[] => {
    const stall = progress.stalls[name];
    const pause = backoffLeft(stall, now);
    if (stall !== undefined && pause > 0) {
      return [reason('enters_again', { seconds: Math.ceil(pause / 1000), member: name, why: stall.reason })];
    }
    const health = ableToEnter(name, situation);
    return health.ok ? [] : [reason('of_member', { member: name, why: health.why })];
  });
  return remark(...(waits.length > 0 ? waits : [reason('members_join', { members: namesOf(outside) })]));
}
