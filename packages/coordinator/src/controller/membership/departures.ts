import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { leads, quorumOf, serving, voters } from '../../model/health.ts';
import { isDeclared, memberNames, strangeVoters } from '../../model/member-names.ts';
import type { Leaving, MemberProgress } from '../../model/membership-progress.ts';
import { asReported } from '../../model/quarantine.ts';
import { asIfOff, type Situation, withNode } from '../../model/situation.ts';
import { asIfDisarmed, keepsItsData } from '../corruption/present-comparison.ts';
import { asIfPromoted } from './withdrawn-mutations.ts';

/** An incarnation that an operator has ended, and that etcd may still have as a member. */
export interface Departure {
  readonly name: string;
  readonly memberId: string;
  readonly phase: MemberProgress['phase'];
  readonly leaving: Leaving;
}

/** Those incarnations, in the order of {@link inLeavingOrder}: one after the other, first the one that can leave. */
export function departures(situation: Situation): readonly Departure[] {
  const { progress } = situation;
  return inLeavingOrder(situation, memberNames(situation)).flatMap((name) => {
    const { memberId, phase, leaving } = progress.members[name] ?? {};
    return memberId == null || phase === undefined || leaving === undefined ? [] : [{ name, memberId, phase, leaving }];
  });
}

/** First those that do not serve, so that the others stay as many as possible; the leader last. */
export function inLeavingOrder(situation: Situation, names: readonly string[]): readonly string[] {
  const rank = (name: string): number => {
    if (!serving(situation, name).ok) return 0;
    return leads(situation, name) ? 2 : 1;
  };
  return names.toSorted((one, other) => rank(one) - rank(other));
}

/**
 * Why a member that an operator has taken out of the spec must not leave yet; null if it may, and for any other: a
 * declared voter must serve that is to stay. If two are to leave and the first one may, so may the second one: what the
 * first removal asks of those that stay is a majority for the second. So the cluster does not rest on an even number for
 * a reason that is known when the first one leaves (R3).
 */
export function keepsItDespiteSpec(situation: Situation, name: string): Reason | null {
  const { spec, progress } = situation;
  if (progress.departing[name] === undefined || progress.members[name]?.phase !== 'voter') return null;
  const stays = voters(situation).some(
    ([voter, member]) => isDeclared(spec, voter) && member.leaving === undefined && serving(situation, voter).ok,
  );
  return stays ? null : reason('no_declared_voter_stays');
}

/** As if etcd had removed it. */
export function without(situation: Situation, name: string): Situation {
  const { progress } = situation;
  const { [name]: gone, ...members } = progress.members;
  const undeclared = progress.undeclared.filter(({ id }) => id !== gone?.memberId);
  return { ...situation, progress: { ...progress, members, undeclared } };
}

/**
 * Why etcd must not be asked to remove this member now; null if it may. The members that stay must have a quorum of
 * their own, and the present members must agree: etcd decides a removal by the quorum from before. A learner does not
 * vote. A quarantined voter counts towards its own removal if its last report shows that it serves, and a compromised one,
 * of which nothing is heard, counts too: if it does not agree, etcd does not remove it, and nothing is lost.
 *
 * @param more newcomers that count as voters which serve
 */
export function keepsItFromLeaving(given: Situation, name: string, force: boolean, more = 0): Reason | null {
  const situation = asIfDisarmed(given);
  const all = voters(situation);
  if (!all.some(([voter]) => voter === name)) return null;
  const unproven = keepsItsData(situation, name);
  if (unproven !== null) return unproven;
  const serves = ([voter]: (typeof all)[number]): boolean => serving(situation, voter).ok;
  const others = all.filter(([voter]) => voter !== name);
  // Of those without an incarnation here none is known to serve, and etcd counts each.
  const staying = others.length + strangeVoters(situation.progress).length + more;
  if (staying === 0) return reason('only_voter');
  if (staying === 1 && !force) return reason('one_of_two');
  const able = others.filter(serves).length + more;
  const needed = quorumOf(staying);
  if (able < needed) return reason('too_few_stay', { others: staying, able, needed });
  const quorum = quorumOf(staying + 1);
  const reported = withNode(situation, name, asReported);
  const agrees = ([voter, member]: (typeof all)[number]): boolean =>
    serves([voter, member]) || (voter === name && (member.leaving?.compromised === true || serving(reported, name).ok));
  const agreeing = all.filter(agrees).length + more;
  return agreeing < quorum ? reason('no_majority_to_remove', { agreeing, all: staying + 1, quorum }) : null;
}

/**
 * Why the machine of this member must not be replaced; null if it may. Judged as if it were off: nobody should switch
 * off what the others need. A learner that etcd may have promoted counts as a voter, since its data may be needed.
 */
export function keepsItsMachine(situation: Situation, name: string, force: boolean): Reason | null {
  return keepsItFromLeaving(asIfOff(asIfPromoted(situation), name), name, force);
}
