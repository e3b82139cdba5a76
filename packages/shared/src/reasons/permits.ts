import type { AnyReason, Say } from './reason.ts';

type Member = { readonly member: string };

/** What restarts wait for (R2). */
export const permitReasons = {
  node_evicted: () => 'its node was evicted',
  permit_must_lapse: ({ member, evicted }: Member & { readonly evicted: boolean }) =>
    `the permit of ${member} to expire; ${evicted ? 'its node was evicted' : 'it was not confirmed in time'}`,
  needs_no_restart: () => 'it no longer needs a restart',
  permit_heard_to_be_over: ({ member, seconds }: Member & { readonly seconds: number }) =>
    `${member} to stay healthy for ${seconds} s, and to learn that its permit has ended`,
  not_confirmed: ({ seconds }: { readonly seconds: number }) => `it was not confirmed within ${seconds} s`,
  not_begun: ({ seconds }: { readonly seconds: number }) => `it was not started within ${seconds} s`,
  restarts: ({ member, seconds }: Member & { readonly seconds: number }) =>
    `${member} to restart its etcd and then stay healthy for ${seconds} s`,
  minor_installed_before_restart: ({ member, minor }: Member & { readonly minor: string | null }) =>
    `an operator: etcd ${minor} to be installed again on ${member} before its restart; \`picket-agent status\` on that machine prints the command`,
  all_serve_before_restart: ({ ailment }: { readonly ailment: AnyReason }, say: Say) =>
    `every voter to serve before one restarts; ${say(ailment)}`,
  restart_needs_downtime: ({
    cluster,
    members,
    count,
  }: {
    readonly cluster: string;
    readonly members: readonly string[];
    readonly count: number;
  }) =>
    `an operator: ${members.join(', ')} must restart, and a cluster of ${count} cannot ` +
    `serve during a restart; to allow it: picket cluster set ${cluster} allowDowntime=true`,
  permit_lapsed: ({ members }: { readonly members: readonly string[] }) =>
    `${members.join(', ')}: the last permit expired unused`,
  others_restart_first: ({ member, others }: Member & { readonly others: readonly string[] }) =>
    `${others.join(', ')} to restart, or to report that it needs no restart, before the leader ${member} restarts`,
} as const;
