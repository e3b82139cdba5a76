import type { ClusterStatusView } from '@picket/shared/protocol/clusters.ts';
import { isOverdue } from './member-health.ts';

/**
 * The member ID of the leader by the current reports. A raft term has at most one leader, and a member that was cut off
 * still names the leader of an older term: only the highest term counts (Raft, section 5.1).
 *
 * @returns '0' if the members of the highest term see no leader; null if no report is current
 */
export function leaderOf(view: Pick<ClusterStatusView, 'members' | 'now' | 'reportEverySeconds'>): string | null {
  const current = view.members.flatMap((member) => {
    const etcd = member.status?.etcd ?? null;
    return etcd === null || isOverdue(member, view) ? [] : [etcd];
  });
  const term = Math.max(...current.map(({ raftTerm }) => raftTerm));
  const latest = current.filter(({ raftTerm }) => raftTerm === term).map(({ leader }) => leader);
  if (latest.length === 0) return null;
  return latest.find((leader) => leader !== '0') ?? '0';
}
