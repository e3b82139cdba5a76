import { ofSilence } from './consequences.ts';
import { asStatus, here, type Next, type Rule } from './rule.ts';

/** A token for the machine, as the status says if it says so. */
const joins: Rule['next'] = (of, scene): Next | null =>
  scene.statusNext?.command.startsWith('picket token create ') === true
    ? scene.statusNext
    : here((member, cluster) => `picket token create ${cluster} --member ${member}`)(of, scene);

export const membershipRules: readonly Rule[] = [
  {
    cause: 'cause_compromised',
    page: 'lock-out-a-compromised-node.md#if-its-member-cannot-leave-yet',
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
    explains: [],
  },
  {
    cause: 'cause_undeclared_member',
    page: 'find-the-cause.md#a-member-that-nobody-declared',
    shownBy: ['undeclared_member'],
    next: here(() => 'etcdctl member list -w table'),
    explains: [],
    sparesEtcd: true,
  },
];
