type Member = { readonly member: string; readonly memberId: string };

/** What a restored coordinator waits for before it takes a cluster over from the reports of its nodes (R5). */
export const takeOverReasons = {
  restored_from_backup: ({ of }: { readonly of: string }) =>
    `this coordinator was restored from the backup of ${of}; re-adopt its nodes with \`picket node readopt\``,
  rests_after_restore: () => 'it was restored from a backup',
  node_readopted: ({ member }: { readonly member: string }) => `an operator to re-adopt the node of ${member}`,
  all_say_they_have_none: ({ missing }: { readonly missing: readonly string[] }) =>
    `a member whose etcd serves, or a report from every declared member that it has no etcd; no report from ${missing.join(', ')}`,
  etcd_answers: ({ member }: { readonly member: string }) => `the etcd of ${member} to answer`,
  etcd_of_newer: ({ member }: { readonly member: string }) =>
    `the etcd of ${member}, whose desired state is newer than the backup`,
  permits_lapse: ({ seconds }: { readonly seconds: number }) =>
    `${seconds} s to pass, after which no permit of the lost coordinator can still be valid`,
  voter_lists: () => 'a voter that serves reads and lists the members',
  majority_reports: ({ voters, count }: { readonly voters: number; readonly count: number }) =>
    `a majority of the ${voters} voters to be re-adopted and to report; so far ${count}`,
  second_voter_reports: ({ member, knew }: { readonly member: string; readonly knew: number }) =>
    `a second voter to confirm the report of ${member}: the backup knows ${knew} voters, but ${member} reports one. If the ` +
    'others have left etcd since (etcdctl member list), switch their machines off, and give up their data, for each: picket node evict ID --lost',
  clusters_agree: ({
    one,
    other,
  }: {
    readonly one: { readonly member: string; readonly clusterId: string };
    readonly other: { readonly member: string; readonly clusterId: string };
  }) =>
    `the reports to agree: ${one.member} is in the cluster ${one.clusterId}, and ${other.member} in ${other.clusterId}`,
  lists_agree: ({ one, other }: { readonly one: string; readonly other: string }) =>
    `the reports to agree: ${one} and ${other} list different members`,
  removed_before_backup: ({ memberId }: { readonly memberId: string }) =>
    `an operator: etcd lists the member ${memberId}, although it was removed before the backup`,
  reports_its_life: ({ member, memberId }: Member) =>
    `${member} (${memberId}) to report its life, which the backup does not know; ` +
    `if that machine or its disk is lost, give up its data: etcdctl member remove ${memberId}`,
  not_promoted_any_more: ({ seconds, member, memberId }: Member & { readonly seconds: number }) =>
    `${seconds} s to pass, after which ${member} (${memberId}) can no longer be promoted; then it is removed, because ` +
    'its node has no data of it',
  lives_ended_life: ({ member, incarnation }: { readonly member: string; readonly incarnation: string }) =>
    `an operator: ${member} runs with the life ${incarnation}, which was retired before`,
  no_declared_voter: () => 'an operator: no declared member is a voter of the cluster that the nodes report',
  not_in_backup: () => 'the backup does not know it as a member',
  nothing_founded_since: () => 'no founding has started since the backup',
  is_member: ({ member, memberId, phase }: Member & { readonly phase: string }) =>
    `${member} is a ${phase} (${memberId})`,
  learner_without_data: ({ member, memberId }: Member) =>
    `${member} is a learner (${memberId}) without data on its node, and is removed`,
  is_out: ({ member }: { readonly member: string }) => `${member} has left`,
  still_held: ({ member }: { readonly member: string }) => `${member} is still held`,
  as_in_backup: () => 'its members are the same as in the backup',
  nobody_declared: () => 'nobody declared it, and no agent reports it',
  of_cluster_given_up: () => 'it belongs to the cluster that is being given up',
} as const;
