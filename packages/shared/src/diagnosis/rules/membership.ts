import { ofDownEtcd, ofSilence } from './consequences.ts';
import { asStatus, here, type Rule, there } from './rule.ts';

/** A token for the machine, as the status says if it says so. */
const joins: Rule['next'] = (of, scene) =>
  scene.statusNext?.command.startsWith('picket token create ') === true
    ? scene.statusNext
    : here((cluster, member) => `picket token create ${cluster} --member ${member}`)(of, scene);

export const membershipRules: readonly Rule[] = [
  {
    cause: 'cause_compromised',
    page: 'evict-a-compromised-node.md#if-its-member-cannot-leave-yet',
    shownBy: ['compromised_votes', 'compromised_alone'],
    next: asStatus,
    explains: ['cause_machine_missing', 'cause_voter_down'],
    leavesOpen: ['cause_machine_missing', 'cause_voter_down'],
  },
  {
    cause: 'cause_machine_missing',
    page: 'install-a-node.md',
    shownBy: ['not_joined'],
    next: joins,
    explains: ofSilence,
  },
  {
    cause: 'cause_held',
    page: 'reboot-a-board.md#how-a-hold-ends',
    shownBy: ['held_fails', 'hold_keeps_etcd_down'],
    // A report may come from before the end of the hold, which the coordinator knows.
    proves: ({ code }, { place }) => code === 'held_fails' || place === 'board',
    next: ({ member }, { place, cluster }) => ({
      command: place === 'board' ? 'picket-agent release' : `picket member release ${cluster} ${member ?? 'MEMBER'}`,
      on: null,
    }),
  },
  {
    cause: 'cause_undeclared_member',
    page: 'find-the-cause.md#a-member-that-nobody-declared',
    shownBy: ['undeclared_member', 'member_added_elsewhere'],
    next: here(() => 'etcdctl member list -w table'),
    sparesEtcd: true,
  },
];

/** Who or what of another cluster or another hand is there. */
export const strangerRules: readonly Rule[] = [
  {
    cause: 'cause_member_removed',
    page: 'find-the-cause.md#a-member-that-somebody-removed',
    shownBy: ['etcd_member_removed', 'removed_by_another_hand', 'voter_removed_by_another_hand'],
    next: here((cluster, member) => `picket member replace ${cluster} ${member}`),
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
