import type { ListedMember } from '@picket/shared/protocol/report.ts';
import { serving, voters } from '../../model/health.ts';
import { memberNames } from '../../model/member-names.ts';
import type { AppliedIndices } from '../../model/membership-progress.ts';
import type { Situation } from '../../model/situation.ts';

/** etcd's list of its members, as far as it is believed. */
export interface MemberList {
  readonly members: readonly ListedMember[];
  /** Of those that have shown it, as far as they are remembered. */
  readonly asOf: AppliedIndices;
}

interface Shown extends MemberList {
  readonly shownBy: readonly string[];
}

/**
 * The list that a majority of the voters shows alike, so that none of them is believed alone; null where there is none. The
 * voters are those that are recorded, or those and the one whose promotion the list shows: if one of two recorded voters
 * then loses its data, the other and the promoted one are the majority. A member that shows an older list than one that
 * was believed of it shows none: see `listedAsOf` of the progress.
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
    const node = status.nodes[name];
    const etcd = node?.status?.etcd;
    if (!etcd?.members || member.memberId === null || !serving(member, node, situation).ok) continue;
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
 * The indices as they are kept, never below those `before`. None is kept that is above the second highest: who shows a list
 * has applied the change that it shows, so that the second highest suffices to refuse older lists. One that claims an index
 * which nobody reaches could else never be believed again. A voter that shows a list alone is taken at its word.
 */
export function remembered(asOf: AppliedIndices, before: AppliedIndices = {}): AppliedIndices {
  const [, second = Number.POSITIVE_INFINITY] = Object.values(asOf).sort((one, other) => other - one);
  return Object.fromEntries(
    Object.entries(asOf).map(([id, index]) => [id, Math.max(Math.min(index, second), before[id] ?? 0)]),
  );
}

/**
 * The voter that this list shows as removed by an operator's word: it has no say any more, or the one that is left of two
 * could never show that it is. One alone, so that no list wins by naming many.
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
 * The recorded learner that this list shows as a voter. One alone, as the coordinator asks for one promotion at a time: so no
 * number of learners outvotes the voters.
 */
function promotedOne({ spec, progress }: Situation, members: readonly ListedMember[]): string | null {
  const promoted = memberNames({ spec, progress }).find((name) => {
    const { phase, memberId } = progress.members[name] ?? {};
    return phase === 'learner' && members.some(({ id, isLearner }) => id === memberId && !isLearner);
  });
  return promoted ?? null;
}

/** The same text for the same members, in whatever order. */
export function listed(members: readonly ListedMember[]): string {
  const lines = members.map(({ id, name, isLearner, peerUrls }) =>
    JSON.stringify([id, isLearner, name === '', [...peerUrls].sort()]),
  );
  return lines.sort().join('\n');
}
