import type { Flags, Texts, Why } from './facts.ts';
import type { AnyReason, Sayers } from './reason.ts';

/** What a change of etcd's authentication waits for, and what keeps it from beginning. */
export const authenticationReasons = {
  authentication_switches: ({ executor, enable }: Texts<'executor'> & Flags<'enable'>) =>
    `${executor} to switch etcd's authentication ${enable ? 'on' : 'off'}`,
  admission_under_way: '{executor} to give Picket its user of etcd: the imported snapshot has none',
  admission_after_agent:
    'an agent of this version on {executor}, to give Picket its user of etcd: paste the command of `picket installer --upgrade` on its machine',
  admission_again: ({ executor, why }: Texts<'executor'> & Why, say) =>
    `another try, since Picket has no user in the imported snapshot, and ${executor} did not show that it has one now: ${say(why)}`,
  admission_given_up: ({ cluster, snapshot, why }: Texts<'cluster' | 'snapshot'> & Why, say) =>
    `an operator: Picket could not get its user of etcd, which the imported snapshot lacks: ${say(why)}. To try again, restore it again, which loses what was written since: picket cluster restore ${cluster} --snapshot ${snapshot} --instead-of ${snapshot}`,
  authentication_is: ({ on }: Flags<'on'>) => `etcd’s authentication is already ${on ? 'on' : 'off'}`,
  authentication_as_wanted: 'No action needed.',
  repeat_when_seen: '`picket status {cluster}` shows why no voter reports it. When one does, repeat this command.',
  repeat_when_unfrozen: '`picket status {cluster}` says what ends the freeze. After that, repeat this command.',
  make_etcdctl_ready: 'On each member that is named, remove the cause. Then repeat this command.',
  repeat_without_users: 'When these users are deleted, repeat this command.',
  give_clients_users: () =>
    'To give a certificate an etcd user with a role, run on a member, with NAME the name of its member or client: ' +
    '`etcdctl user add client:NAME --no-password; etcdctl user grant-role client:NAME ROLE`. Then repeat this command. ' +
    'Nodes on which nobody uses etcd need no user: with --force, certificates without a user lose their access.',
  authentication_unseen: 'no voter reports whether it is on',
  etcdctl_unready: ({ members }: { readonly members: readonly AnyReason[] }, say) =>
    `Picket could not administer each member with authentication on; ${members.map(say).join('; ')}`,
  etcdctl_unknown: 'its agent has not reported whether etcdctl and its certificate for etcd are in place',
  all_serve_first: ({ ailments }: { readonly ailments: readonly AnyReason[] }, say) =>
    `each voter must serve; ${ailments.map(say).join('; ')}`,
} as const satisfies Sayers;
