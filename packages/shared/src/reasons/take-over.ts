type Member = { readonly member: string; readonly memberId: string };

/** What a coordinator that was restored from a backup waits for, before it believes anything of a cluster (R5). */
export const takeOverReasons = {
  restored_from_backup: ({ of }: { readonly of: string }) =>
    `this coordinator was restored from the backup of ${of}; take its nodes up again with \`picket node readopt\``,
  rests_after_restore: () => 'it was restored from a backup',
  node_readopted: ({ member }: { readonly member: string }) => `an operator to take up the node of ${member} again`,
  all_say_they_have_none: ({ missing }: { readonly missing: readonly string[] }) =>
    `a member whose etcd serves, or every declared member to say that it has none: ${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} not heard`,
  etcd_answers: ({ member }: { readonly member: string }) => `the etcd of ${member} to answer`,
  etcd_of_newer: ({ member }: { readonly member: string }) =>
    `the etcd of ${member}, which has been told more than the backup knows`,
  permits_lapse: ({ seconds }: { readonly seconds: number }) =>
    `${seconds} s more, until no permit of the lost coordinator can be valid any more`,
  voter_lists: () => 'a voter that serves reads and lists the members',
  majority_reports: ({ voters, count }: { readonly voters: number; readonly count: number }) =>
    `a majority of the ${voters} voters to be taken up again and to report; ${count} do`,
  second_voter_reports: ({ member, knew }: { readonly member: string | undefined; readonly knew: number }) =>
    `a second voter to report what ${member} does: the backup knows ${knew}, and it reports one; if the ` +
    'others have left etcd since (etcdctl member list), switch their machines off, and for each: picket node evict ID --lost',
  clusters_agree: ({
    one,
    other,
  }: {
    readonly one: { readonly member: string; readonly clusterId: string };
    readonly other: { readonly member: string; readonly clusterId: string };
  }) =>
    `the reports to agree: ${one.member} is in the cluster ${one.clusterId}, and ${other.member} in ${other.clusterId}`,
  lists_agree: ({ one, other }: { readonly one: string | undefined; readonly other: string | undefined }) =>
    `the reports to agree: ${one} and ${other} do not list the same members`,
  removed_before_backup: ({ memberId }: { readonly memberId: string }) =>
    `an operator: etcd lists the member ${memberId}, which was removed before the backup`,
  reports_its_life: ({ member, memberId }: Member) =>
    `${member} (${memberId}) to report which life it lives: the backup does not know it; ` +
    `if that machine or its disk is lost for good: etcdctl member remove ${memberId}`,
  not_promoted_any_more: ({ seconds, member, memberId }: Member & { readonly seconds: number }) =>
    `${seconds} s more, until ${member} (${memberId}) cannot be promoted any more: its node shows no data of it, ` +
    'and it is to be taken out',
  lives_ended_life: ({ member, incarnation }: { readonly member: string; readonly incarnation: string }) =>
    `an operator: ${member} lives the life ${incarnation}, which was ended before`,
  no_declared_voter: () => 'an operator: no declared member is a voter of the cluster that reports',
  not_in_backup: () => 'the backup does not know it as a member',
  nothing_founded_since: () => 'nothing was founded since the backup',
  is_member: ({ member, memberId, phase }: Member & { readonly phase: string }) =>
    `${member} is a ${phase} (${memberId})`,
  learner_without_data: ({ member, memberId }: Member) =>
    `${member} is a learner (${memberId}) of which its node shows no data, and is taken out`,
  is_out: ({ member }: { readonly member: string }) => `${member} is out`,
  as_in_backup: () => 'its members are those that the backup knows',
  nobody_declared: () => 'nobody declared it, and no agent reports of it',
  of_cluster_given_up: () => 'it is of the cluster that is being given up',
} as const;
