import type { Situation } from './situation.ts';

/** Learners first, as they serve nobody, then followers, the leader last (R6). */
export function restartRank({ progress, status }: Situation): (name: string) => 0 | 1 | 2 {
  return (name) => {
    const member = progress.members[name];
    if (member?.phase !== 'voter') return 0;
    return status.nodes[name]?.status?.etcd?.leader === member.memberId ? 2 : 1;
  };
}
