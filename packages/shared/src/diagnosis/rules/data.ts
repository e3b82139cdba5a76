import { ofDownEtcd } from './consequences.ts';
import { asStatus, here, type Rule, there } from './rule.ts';

export const dataRules: readonly Rule[] = [
  {
    cause: 'cause_data_lost',
    page: 'replace-a-member.md#replace-the-data',
    shownBy: [
      ...(['data_lost', 'data_deleted', 'data_dir_missing', 'runs_without_data', 'majority_lost'] as const),
      ...(['etcd_was_bootstrapped', 'etcd_lost_entries'] as const),
    ],
    next: there('df -h /var/lib/picket; ls /var/lib/picket/etcd'),
    explains: [...ofDownEtcd, 'cause_data_damaged'],
    otherwise: ['data_dir_missing', 'majority_lost'],
  },
  {
    cause: 'cause_data_damaged',
    page: 'replace-a-member.md#replace-the-data',
    shownBy: ['data_unusable', 'etcd_wal_damaged', 'etcd_data_damaged'],
    // Only the status knows whether the member can be replaced now.
    next: (of, scene) => scene.statusNext ?? there('picket-agent status')(of, scene),
    explains: ofDownEtcd,
  },
  {
    cause: 'cause_data_differs',
    page: 'repair-a-damaged-database.md',
    shownBy: ['data_disagrees', 'data_named', 'data_undecided', 'data_agrees', 'data_compared'],
    next: asStatus,
    explains: ['cause_no_quorum', 'cause_voter_down'],
    otherwise: ['data_ways_out'],
  },
  {
    cause: 'cause_member_removed',
    page: 'find-the-cause.md#a-member-that-somebody-removed',
    shownBy: ['etcd_member_removed', 'removed_by_another_hand', 'voter_removed_by_another_hand'],
    next: here((member, cluster) => `picket member replace ${cluster} ${member}`),
    explains: ofDownEtcd,
  },
  {
    cause: 'cause_other_cluster',
    page: 'find-the-cause.md#another-cluster-id',
    shownBy: ['other_cluster', 'etcd_saw_other_cluster', 'reports_other_cluster', 'member_of_other_cluster'],
    next: (of, scene) => scene.statusNext ?? there('picket-agent status')(of, scene),
    explains: [...ofDownEtcd, 'cause_quarantined'],
  },
];
