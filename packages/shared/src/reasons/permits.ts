import type { AnyReason, Say } from './reason.ts';

type Member = { readonly member: string };

/** What restarts wait for (R2). */
export const permitReasons = {
  node_evicted: () => 'its node was evicted',
  permit_must_lapse: ({ member, evicted }: Member & { readonly evicted: boolean }) =>
    `the permit of ${member} to lapse, ${evicted ? 'whose node was evicted' : 'which it did not confirm in time'}`,
  needs_no_restart: () => 'it needs no restart any more',
  permit_heard_to_be_over: ({ member, seconds }: Member & { readonly seconds: number }) =>
    `${member} to stay healthy for ${seconds} s, and to hear that its permit is over`,
  not_confirmed: ({ seconds }: { readonly seconds: number }) => `not confirmed within ${seconds} s`,
  not_begun: ({ seconds }: { readonly seconds: number }) => `not begun within ${seconds} s`,
  restarts: ({ member, seconds }: Member & { readonly seconds: number }) =>
    `${member} to restart its etcd, come back and stay healthy for ${seconds} s`,
  minor_installed_before_restart: ({ member, minor }: Member & { readonly minor: string | null }) =>
    `an operator: etcd ${minor} to be installed again on ${member}, before it is restarted; \`picket-agent status\` there prints the command`,
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
    `keep serving meanwhile; allow it: picket cluster set ${cluster} allowDowntime=true`,
  permit_lapsed: ({ members }: { readonly members: readonly string[] }) =>
    `${members.join(', ')}: the last permit lapsed unused`,
  others_restart_first: ({ member, others }: Member & { readonly others: readonly string[] }) =>
    `${others.join(', ')} to restart, or to report that it need not, before ${member}, which leads`,
} as const;
