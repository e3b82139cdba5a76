import type { AnyReason, Say } from './reason.ts';

/** What a change of etcd's authentication waits for, and what keeps it from beginning. */
export const authenticationReasons = {
  authentication_switches: ({ executor, enable }: { readonly executor: string; readonly enable: boolean }) =>
    `${executor} to switch etcd's authentication ${enable ? 'on' : 'off'}`,
  authentication_is: ({ on }: { readonly on: boolean }) => `it is ${on ? 'on' : 'off'} already`,
  authentication_unseen: () => 'no voter reports whether it is on',
  etcdctl_unready: ({ members }: { readonly members: readonly AnyReason[] }, say: Say) =>
    `Picket could not administer each member with authentication on; ${members.map(say).join('; ')}`,
  etcdctl_unknown: () => 'its agent has not reported whether etcdctl and its certificate for etcd are in place',
  all_serve_first: ({ ailments }: { readonly ailments: readonly AnyReason[] }, say: Say) =>
    `each voter must serve; ${ailments.map(say).join('; ')}`,
} as const;
