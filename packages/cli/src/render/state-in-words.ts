import type { ClusterState } from '@picket/shared/protocol/clusters.ts';
import type { Rendered } from '@picket/shared/protocol/rendered.ts';

/** As people write it. Once etcd has voters, a cluster that forms grows, shrinks, or changes members. */
export function stateInWords(state: ClusterState, { code, facts }: Rendered): string {
  if (state === 'forming' && ['members_missing', 'members_change', 'members_leave'].includes(code)) {
    const { voters, declared } = facts as { readonly voters: unknown; readonly declared: unknown };
    const [from, to] = [Number(voters), Number(declared)];
    if (from < to) return `growing ${from} → ${to}`;
    return from > to && code === 'members_leave' ? `shrinking ${from} → ${to}` : 'changing members';
  }
  return state === 'read-only' ? state : state.replace('-', ' ');
}

/** How good a state is. */
export const gradeOf: Readonly<Record<ClusterState, 'good' | 'doubtful' | 'bad'>> = {
  healthy: 'good',
  deleting: 'doubtful',
  deleted: 'doubtful',
  forming: 'doubtful',
  unknown: 'doubtful',
  'at-risk': 'bad',
  'read-only': 'bad',
  'no-quorum': 'bad',
  frozen: 'bad',
};
