import type { Flags, Member, Why } from './facts.ts';
import { nodeSays } from './health.ts';
import type { AnyReason, Sayers } from './reason.ts';
import { shownTime } from './shown-time.ts';

/** What restarts wait for (R2). */
export const permitReasons = {
  node_evicted: 'its node was evicted',
  permit_must_lapse: ({ member, evicted }: Member & Flags<'evicted'>) =>
    `the permit of ${member} to expire; ${evicted ? 'its node was evicted' : 'it was not confirmed in time'}`,
  needs_no_restart: 'it no longer needs a restart',
  permit_heard_to_be_over: '{member} to stay healthy for {seconds} s, and to learn that its permit has ended',
  not_confirmed: 'it was not confirmed within {seconds} s',
  not_begun: 'it was not started within {seconds} s',
  restarts: '{member} to restart its etcd and then stay healthy for {seconds} s',
  minor_installed_before_restart: ({ member, minor }: Member & { readonly minor: string | null }) =>
    `an operator: etcd ${minor} to be installed again on ${member} before its restart; \`picket-agent status\` on that machine prints the command`,
  all_serve_before_restart: 'every voter to serve before one restarts; {ailment}',
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
  hold_begins: '{member} to find that the cluster can do without it, so that {by} can work on its machine',
  held: ({ cluster, member, by, until, why }: Held) =>
    `${heldBy({ member, by, until, why })}. To end that before: picket member release ${cluster} ${member}`,
  /** Follows "… is refused: ". */
  held_now: (held: Omit<Held, 'cluster'>) => heldBy(held),
  hold_would_last_too_long: ({ member, until }: Member & { readonly until: string }) =>
    `a hold lasts at most 24 h from its beginning, so ${member} can be held until ${shownTime(until)}`,
  hold_settles: 'the last hold of {member} has ended, or did not begin, and {member} must first serve for {seconds} s',
  hold_ends: '{member} to serve for {seconds} s after its hold, or to use its permit no longer',
  /** In the report of a member that an earlier agent holds. */
  held_alone:
    'root holds its machine without the coordinator, and may reboot it at any moment; to end that, run `picket-agent release` on it',
  held_member_leaves: 'the member leaves etcd',
  hold_not_taken: ({ seconds, waits }: { readonly seconds: number; readonly waits: readonly AnyReason[] }, say) =>
    `its agent did not begin within ${seconds} s${waits.length === 0 ? '' : `; it waits: ${waits.map((why) => nodeSays(why, say)).join('; ')}`}`,
  /** What its agent has found just before it would begin. */
  hold_refused: ({ why }: Why, say) => say(why),
  hold_time_over: 'the time of the hold is over',
  back_after_boot: 'its machine was booted, and it serves again',
  released_by: '{by} released it',
  hands_over: 'the leader {executor} to hand the leadership over to {member}',
  /** These follow "… is refused: ". */
  member_has_permit: ({ member, act }: Member & { readonly act: 'restart' | 'defragment' }) =>
    `${member} has the permit to ${actInWords[act]}, and one member at a time is disrupted`,
  settings_on_trial: 'a rollout is in progress: {member} must first run with its new settings',
  membership_changes: 'the members change: a voter is asked to {kind} {member}',
  leadership_moves: 'the leader {executor} is handing the leadership over to {member}',
  room_first: 'etcd takes no writes (NOSPACE), and Picket makes room first',
  comparison_first: 'etcd has raised CORRUPT, and Picket compares the data of the voters first',
  authentication_first: 'etcd’s authentication is being switched',
  no_etcd_yet: '{member} runs no etcd yet',
  every_voter_must_serve: 'every voter must serve; {ailment}',
  needs_downtime:
    'a cluster of {count} cannot serve meanwhile; to allow it: picket cluster set {cluster} allowDowntime=true',
  restarts_anyway: '{member} needs a restart, and gets a permit without an order when its turn comes',
  leader_restarts_last: ({ cluster, others }: { readonly cluster: string; readonly others: readonly string[] }) =>
    `the leader restarts last, and ${others.join(', ')} must restart, or report that it needs no restart, before it. ` +
    `To let another member lead: picket member move-leader ${cluster} MEMBER`,
  no_voter_to_lead: '{member} is not a voter that stays',
  leader_unheard: 'no voter that serves reports that it leads',
  leads_already: '{member} already leads',
} as const satisfies Sayers;

interface Held {
  readonly cluster: string;
  readonly member: string;
  readonly by: string;
  /** As a timestamp. */
  readonly until: string;
  readonly why: string | null;
}

/** Who holds a member, until when, and why. */
export function heldBy({ member, by, until, why }: Omit<Held, 'cluster'>): string {
  return `${member} is held by ${by} until ${shownTime(until)}${why === null ? '' : `: ${why}`}`;
}

const actInWords = { restart: 'restart its etcd', defragment: 'defragment its database' } as const;
