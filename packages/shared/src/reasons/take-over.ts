import type { Texts } from './facts.ts';

/** What a restored coordinator waits for before it takes a cluster over from the reports of its nodes (R5). */
export const takeOverReasons = {
  restored_from_backup:
    'this coordinator was restored from the backup of {of}; re-adopt its nodes with `picket node readopt`',
  rests_after_restore: 'it was restored from a backup',
  node_readopted: 'an operator to re-adopt the node of {member}',
  all_say_they_have_none: ({ missing }: { readonly missing: readonly string[] }) =>
    `a member whose etcd serves, or a report from every declared member that it has no etcd; no report from ${missing.join(', ')}`,
  etcd_answers: 'the etcd of {member} to answer',
  etcd_of_newer: 'the etcd of {member}, whose desired state is newer than the backup',
  permits_lapse: '{seconds} s to pass, after which no permit of the lost coordinator can still be valid',
  voter_lists: 'a voter that serves reads and lists the members',
  majority_reports: 'a majority of the {voters} voters to be re-adopted and to report; so far {count}',
  second_voter_reports:
    'a second voter to confirm the report of {member}: the backup knows {knew} voters, but {member} reports one. If the others have left etcd since (etcdctl member list), switch their machines off, and give up their data, for each: picket node evict ID --lost',
  clusters_agree: ({
    one,
    other,
  }: {
    readonly one: Texts<'member' | 'clusterId'>;
    readonly other: Texts<'member' | 'clusterId'>;
  }) =>
    `the reports to agree: ${one.member} is in the cluster ${one.clusterId}, and ${other.member} in ${other.clusterId}`,
  lists_agree: 'the reports to agree: {one} and {other} list different members',
  removed_before_backup: 'an operator: etcd lists the member {memberId}, although it was removed before the backup',
  reports_its_incarnation:
    '{member} ({memberId}) to report its incarnation, which the backup does not know; if that machine or its disk is lost, give up its data: etcdctl member remove {memberId}',
  not_promoted_any_more:
    '{seconds} s to pass, after which {member} ({memberId}) can no longer be promoted; then it is removed, because its node has no data of it',
  runs_ended_incarnation: 'an operator: {member} runs with the incarnation {incarnation}, which was retired before',
  no_declared_voter: 'an operator: no declared member is a voter of the cluster that the nodes report',
  not_in_backup: 'the backup does not know it as a member',
  nothing_founded_since: 'no founding has started since the backup',
  is_member: '{member} is a {phase} ({memberId})',
  learner_without_data: '{member} is a learner ({memberId}) without data on its node, and is removed',
  is_out: '{member} has left',
  still_held: '{member} is still held',
  as_in_backup: 'its members are the same as in the backup',
  nobody_declared: 'nobody declared it, and no agent reports it',
  of_cluster_given_up: 'it belongs to the cluster that is being given up',
} as const;
