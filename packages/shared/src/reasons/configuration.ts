import { changedInWords, type OfChange } from './changed-settings.ts';
import type { Cluster, Member, Numbers, Why } from './facts.ts';
import { nodeSays } from './health.ts';
import type { AnyReason, Sayers } from './reason.ts';

type Revision = Numbers<'revision'>;

/** What rollouts wait for, and why they stop (R6). */
export const configurationReasons = {
  not_healthy: 'it has not been healthy for {seconds} s: {why}',
  left_before_it_ran: 'it left the cluster before it ran with that revision',
  rollout_stopped: ({ cluster, member, revision, changed, why }: Cluster & Member & Revision & Why & OfChange, say) =>
    `an operator: the rollout of revision ${revision} has stopped at ${member}, which has its last good ${changedInWords(changed)} again: ${say(why)}. ` +
    `To try the same settings again: picket rollout resume ${cluster}; to return to the former ones: picket rollout abort ${cluster}`,
  way_resume_rollout: 'to try the same settings again: picket rollout resume {cluster}',
  way_abort_rollout: 'to return to the former settings: picket rollout abort {cluster}',
  rollout_paused: ({
    cluster,
    members,
    revision,
  }: Revision & { readonly cluster: string; readonly members: readonly string[] }) =>
    `an operator, who paused the rollout of revision ${revision} before ${members.join(', ')}: ` +
    `picket rollout resume ${cluster}`,
  all_serve_before_revision: 'every voter to serve before the rollout of revision {revision} continues; {ailment}',
  revision_needs_downtime: ({
    cluster,
    members,
    revision,
    count,
  }: Revision & { readonly cluster: string; readonly members: readonly string[]; readonly count: number }) =>
    `an operator: for revision ${revision} ${members.join(', ')} must restart, and a cluster of ${count} ` +
    `cannot serve during a restart; to allow it: picket cluster set ${cluster} allowDowntime=true`,
  minor_installed_before_revision: ({
    member,
    minor,
    revision,
  }: Member & Revision & { readonly minor: string | null }) =>
    `an operator: etcd ${minor} to be installed again on ${member} before it gets ` +
    `revision ${revision}; \`picket-agent status\` there prints the command`,
  members_back: ({ members, revision }: Revision & { readonly members: readonly string[] }) =>
    `${members.join(', ')} to return, and then to get revision ${revision}`,
  quota_too_small:
    'an operator: the quota of revision {revision} is too small for the database of {member} ({bytes} bytes); raise it: picket cluster set {cluster} quotaBackendBytes={leastBytes}',
  given_revision: '{member} gets revision {revision}',
  /** `why`: what prevents it, or null. */
  runs_revision: ({ member, revision, why }: Member & Revision & { readonly why: AnyReason | null }, say) =>
    `${runs(member, revision)}${why === null ? '' : `: ${say(why)}`}`,
  runs_revision_once_agent_can: ({ member, revision, why }: Member & Revision & Why, say) =>
    `${runs(member, revision)}; its agent waits: ${nodeSays(why, say)}`,
  paused_already: 'the rollout is already paused',
  neither_paused_nor_stopped: 'the rollout is neither paused nor stopped',
  settings_as_wanted: 'all members already have the declared settings',
  etcd_below_oldest: 'Picket runs etcd {oldest} and later',
  etcd_not_known: 'this version of Picket was not tried with etcd {limit} and later',
  no_release_for_machine: '{member} is {architecture}, and etcd has releases for amd64 and arm64 alone',
  etcd_too_faulty: ({ ids, fixed }: { readonly ids: readonly string[]; readonly fixed: string | null }) =>
    `it can lose data or keep a member from starting (${ids.join(', ')})` +
    `${fixed === null ? '' : `, and etcd ${fixed} cannot for these reasons`}`,
  founder_may_fetch: '{cluster} is being restored, and its founder may still fetch it',
  members_want_release: 'members of {cluster} run etcd {version} from it, or are about to',
} as const satisfies Sayers;

function runs(member: string, revision: number): string {
  return `${member} to run with revision ${revision}, before another member gets it`;
}
