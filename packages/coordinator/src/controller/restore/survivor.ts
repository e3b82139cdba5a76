import type { Unasked } from '@picket/shared/reasons/snapshots.ts';
import { reachable, voters } from '../../model/health.ts';
import { isDeclared } from '../../model/member-names.ts';
import type { Situation } from '../../model/situation.ts';
import { knownMembers } from './voter-evidence.ts';

/** A voter that still has its data, and what is known of the voters that cannot be asked. */
export interface Survivor {
  readonly member: string;
  /** The raft index up to which its database has the cluster's entries. */
  readonly appliedIndex: number;
  readonly unasked: readonly Unasked[];
}

/**
 * The voter from which a snapshot loses least if no quorum serves; null if no etcd of a voter answers its agent. Of several
 * it is the one with the highest applied index: the raft term says nothing about how much a member has. One whose data was
 * found to differ from that of a majority comes last. Pure.
 */
export function survivorOf(situation: Situation): Survivor | null {
  const { spec, status, progress, now } = situation;
  const differing = new Set(progress.corruption.named);
  const answering = voters(situation).flatMap(([member, { incarnation, memberId }]) => {
    const node = status.nodes[member];
    // Only the node of a declared member gets orders.
    if (!node?.status?.etcd || !reachable(node, now).ok || !isDeclared(spec, member)) return [];
    const { service, etcd } = node.status;
    if (service.incarnation !== incarnation || etcd.clusterId !== progress.formation?.clusterId) return [];
    return [{ member, appliedIndex: etcd.raftAppliedIndex, differs: memberId !== null && differing.has(memberId) }];
  });
  answering.sort((one, other) => Number(one.differs) - Number(other.differs) || other.appliedIndex - one.appliedIndex);
  const [best] = answering;
  if (best === undefined) return null;
  const names = new Set(answering.map(({ member }) => member));
  const unasked = knownMembers(situation)
    .filter(({ name, isVoter }) => isVoter && !names.has(name))
    .map(({ name, evidence }) => ({
      member: name,
      isLost: evidence.kind === 'lost',
      appliedIndex: lastIndexOf(situation, name),
    }));
  return { member: best.member, appliedIndex: best.appliedIndex, unasked };
}

/** What this life of the member had applied by its last report; null if that is not known. */
function lastIndexOf({ status, progress }: Situation, name: string): number | null {
  const said = status.nodes[name]?.status;
  if (!said?.etcd || said.service.incarnation !== progress.members[name]?.incarnation) return null;
  return said.etcd.raftAppliedIndex;
}
