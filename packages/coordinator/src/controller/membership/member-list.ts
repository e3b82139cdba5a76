import type { ListedMember } from '@picket/shared/protocol/report.ts';
import { serving, voters } from '../../model/health.ts';
import { mapped } from '../../model/mapped.ts';
import { memberNames } from '../../model/member-names.ts';
import type { AppliedIndices } from '../../model/membership-progress.ts';
import type { Situation } from '../../model/situation.ts';

/** The accepted version of etcd's list of its members. */
export interface MemberList {
  readonly members: readonly ListedMember[];
  /** Of the voters that have shown it, as far as they are remembered. */
  readonly asOf: AppliedIndices;
}

interface Shown extends MemberList {
  readonly shownBy: readonly string[];
}

/**
 * The list that a majority of the voters shows alike, so that no single voter is trusted; null if there is none. The
 * voters are the recorded ones, or those and the one whose promotion the list shows: if one of two recorded voters then
 * loses its data, the other and the promoted one are the majority. A member that shows an older list than an accepted
 * one counts as showing none: see `listedAsOf` of the progress.
 */
export function believedList(situation: Situation): MemberList | null {
  const all = voters(situation).map(([name]) => name);
  for (const { members, asOf, shownBy } of shownLists(situation)) {
    const out = removedOne(situation, members);
    const recorded = all.filter((name) => name !== out);
    const promoted = promotedOne(situation, members);
    const electorates = promoted === null ? [recorded] : [recorded, [...recorded, promoted]];
    if (electorates.some((names) => 2 * names.filter((name) => shownBy.includes(name)).length > names.length))
      return { members, asOf: remembered(asOf, situation.progress.listedAsOf) };
  }
  return null;
}

/** The lists of the members that serve, each with all that show it. */
function shownLists(situation: Situation): readonly Shown[] {
  const { progress, status } = situation;
  const lists = new Map<string, Shown>();
  for (const name of memberNames(situation)) {
    const member = progress.members[name];
    if (member === undefined) continue;
    const etcd = status.nodes[name]?.status?.etcd;
    if (!etcd?.members || member.memberId === null || !serving(situation, name).ok) continue;
    if (etcd.membersAsOf < (progress.listedAsOf[member.memberId] ?? 0)) continue;
    const key = listed(etcd.members);
    const { members, asOf, shownBy } = lists.get(key) ?? { members: etcd.members, asOf: {}, shownBy: [] };
    lists.set(key, {
      members,
      asOf: { ...asOf, [member.memberId]: etcd.raftAppliedIndex },
      shownBy: [...shownBy, name],
    });
  }
  return [...lists.values()];
}

/**
 * The indices as they are stored, never below those `before`, and none above the second highest. A voter that shows a
 * list has applied the change in it, so the second highest suffices to refuse older lists. Without that limit, a voter
 * that claims an index which nobody reaches could never be accepted again. A voter that shows a list alone is accepted
 * with its own index.
 */
export function remembered(asOf: AppliedIndices, before: AppliedIndices = {}): AppliedIndices {
  const [, second = Number.POSITIVE_INFINITY] = Object.values(asOf).sort((one, other) => other - one);
  return mapped(asOf, (index, id) => Math.max(Math.min(index, second), before[id] ?? 0));
}

/**
 * The voter that this list shows as removed by an operator's order: it no longer votes, otherwise the remaining one of
 * two could never show that. Only one, so that no list wins by naming many.
 */
function removedOne({ spec, progress }: Situation, members: readonly ListedMember[]): string | null {
  const ids = new Set(members.map(({ id }) => id));
  const removed = memberNames({ spec, progress }).find((name) => {
    const { phase, leaving, memberId } = progress.members[name] ?? {};
    return phase === 'voter' && leaving !== undefined && memberId != null && !ids.has(memberId);
  });
  return removed ?? null;
}

/**
 * The recorded learner that this list shows as a voter. Only one, since the coordinator orders one promotion at a time:
 * so no number of learners outvotes the voters.
 */
function promotedOne({ spec, progress }: Situation, members: readonly ListedMember[]): string | null {
  const promoted = memberNames({ spec, progress }).find((name) => {
    const { phase, memberId } = progress.members[name] ?? {};
    return phase === 'learner' && members.some(({ id, isLearner }) => id === memberId && !isLearner);
  });
  return promoted ?? null;
}

/** The same text for the same members, in any order. */
export function listed(members: readonly ListedMember[]): string {
  const lines = members.map(({ id, name, isLearner, peerUrls }) =>
    JSON.stringify([id, isLearner, name === '', [...peerUrls].sort()]),
  );
  return lines.sort().join('\n');
}
