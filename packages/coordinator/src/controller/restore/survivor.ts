import type { Unasked } from '@picket/shared/reasons/snapshots.ts';
import { reachable, voters } from '../../model/health.ts';
import { isDeclared } from '../../model/member-names.ts';
import { mayBeHeard, unsureFor } from '../../model/presence.ts';
import type { Situation } from '../../model/situation.ts';
import { knownMembers } from './voter-evidence.ts';

/** A voter that still has its data, and what is known of the voters that cannot be asked. */
export interface Survivor {
  readonly member: string;
  /** The raft index up to which its database has the cluster's entries. */
  readonly appliedIndex: number;
  readonly unasked: readonly Unasked[];
}

/** A voter that may have more than any that is known to answer, and that may just have reported. */
export interface InDoubt {
  readonly member: string;
  readonly appliedIndex: number;
  /** Until then it reports, or is known to be silent. */
  readonly waitMs: number;
}

/**
 * The voter from which a snapshot loses least if no quorum serves; null if no etcd of a voter answers its agent. Of several
 * it is the one with the highest applied index: the raft term says nothing about how much a member has. One whose data was
 * found to differ from that of a majority comes last. Pure.
 */
export function survivorOf(situation: Situation): Survivor | null {
  const { status, now } = situation;
  const answering = candidates(situation).filter(({ member }) => reachable(status.nodes[member], now).ok);
  const [best] = answering;
  if (best === undefined) return null;
  const names = new Set(answering.map(({ member }) => member));
  const unasked = knownMembers(situation)
    .filter(({ name, isVoter }) => isVoter && !names.has(name))
    .map(({ name, evidence }) => ({
      member: name,
      isLost: evidence.kind === 'lost',
      appliedIndex: lastIndexOf(situation, name),
      ...(status.nodes[name]?.isStored === true ? { isStored: true as const } : {}),
    }));
  return { member: best.member, appliedIndex: best.appliedIndex, unasked };
}

/**
 * The voter that {@link survivorOf} would name if it was heard in time, which the clock does not tell yet: it was set, or the
 * coordinator was started (R16). null if none is in doubt. Pure.
 */
export function survivorInDoubt(situation: Situation): InDoubt | null {
  const { status, now } = situation;
  const heard = candidates(situation).filter(({ member }) => {
    const node = status.nodes[member];
    return node !== undefined && mayBeHeard(node, now) && node.status?.agent.stops !== 'machine';
  });
  // It may have applied far more since: the reports of a healthy voter are seldom stored.
  const best = heard.find(({ member }) => status.nodes[member]?.isStored === true) ?? heard[0];
  const node = best === undefined ? undefined : status.nodes[best.member];
  if (best === undefined || node === undefined) return null;
  if (node.isStored !== true && reachable(node, now).ok) return null;
  return { ...best, waitMs: Math.max(0, unsureFor(node, now)) };
}

/** Voters that had an etcd of the cluster by their last report, the one with the most first. */
function candidates(situation: Situation) {
  const { spec, status, progress } = situation;
  const differing = new Set(progress.corruption.named);
  const known = voters(situation).flatMap(([member, { incarnation, memberId }]) => {
    const node = status.nodes[member];
    // Only the node of a declared member gets orders.
    if (!node?.status?.etcd || !isDeclared(spec, member)) return [];
    const { service, etcd } = node.status;
    if (service.incarnation !== incarnation || etcd.clusterId !== progress.formation?.clusterId) return [];
    return [{ member, appliedIndex: etcd.raftAppliedIndex, differs: memberId !== null && differing.has(memberId) }];
  });
  return known.sort(
    (one, other) => Number(one.differs) - Number(other.differs) || other.appliedIndex - one.appliedIndex,
  );
}

/** What this incarnation of the member had applied by its last report; null if that is not known. */
function lastIndexOf({ status, progress }: Situation, name: string): number | null {
  const said = status.nodes[name]?.status;
  if (!said?.etcd || said.service.incarnation !== progress.members[name]?.incarnation) return null;
  return said.etcd.raftAppliedIndex;
}
