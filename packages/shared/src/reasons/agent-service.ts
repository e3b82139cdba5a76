import { picketUser } from '../etcd-users/picket-user.ts';
import { lastWordsClause } from './agent-etcd.ts';
import type { Texts } from './facts.ts';
import type { AnyReason, Sayers } from './reason.ts';

/** `since` is an ISO time; null while the clock is in doubt. */
type Endings = { readonly count: number; readonly since: string | null };
type Said = { readonly how: string; readonly lastWords: string | null };

/** What happened to the service of etcd, and why an agent stopped it. */
export const agentServiceReasons = {
  stopped_by_hand: 'somebody stopped etcd by hand (not this agent)',
  started_after_stop: 'somebody stopped etcd by hand (not this agent), and this agent started it again',
  ended: ({ how, lastWords }: Said) => `etcd ended: ${how}${lastWordsClause(lastWords)}`,
  ended_often: ({ how, lastWords, ...endings }: Endings & Said) =>
    `${endingsInWords(endings)}: ${how}${lastWordsClause(lastWords)}`,
  ended_and_silent: ({ lastWords, ...endings }: Endings & Pick<Said, 'lastWords'>) =>
    `${endingsInWords(endings)}${lastWordsClause(lastWords)}`,
  ended_and_serves: (endings: Endings) => `${endingsInWords(endings)}, and serves again`,
  ended_unobserved: 'etcd ended: {how}. {why}',
  authentication_on:
    "etcd's authentication is on and keeps Picket out, so Picket sees neither members nor data, and changes nothing: {why}",
  etcd_user_refused: ({ words }: Texts<'words'>) => `etcd answers the user ${picketUser}: "${words}"`,
  admin_certificate_missing: () =>
    `the agent does not have its certificate for the etcd user ${picketUser} yet; it requests one from the coordinator`,
  etcdctl_missing:
    'etcdctl is not installed on this node. Install it, on Alpine: `apk add etcd-ctl`; on Debian: `apt-get install etcd-client`',
  supervisor_ended:
    'the supervisor of etcd has ended, so only this agent restarts etcd if it ends. To get a new supervisor, run `kill $(pidof etcd)`; the agent then starts etcd under a new one. `rc-service etcd restart` does not',
  hold_keeps_etcd_down: 'this machine is held: etcd starts when the hold ends, or after a boot',
  hold_lease_over: 'the permit to hold this machine, which expired before the hold began',
  hold_awaits_etcd: 'the hold to begin once etcd answers',
  definition_put_back: ({ paths }: { readonly paths: readonly string[] }) =>
    `somebody, or another version of this agent, changed or removed ${paths.join(' and ')}; ` +
    'this agent put the content back and did not touch etcd',
  incarnation_retired: 'the incarnation {incarnation} is retired',
  files_change: 'it is down, and the agent changes its files',
  conf_goes_back: ({ why }: { readonly why: AnyReason | null }, say) =>
    `the agent puts its former settings back${why === null ? '' : `: ${say(why)}`}`,
  release_refused: 'its data refuses the former etcd, and the agent starts the newer one again: {why}',
  guard_waits_for_another: 'only its guard runs, and the agent starts the etcd that is ordered',
  born_dead:
    'it has committed nothing since its first start, for example because of a power cut at that time, and starts again with empty data',
  silent_with_other_conf:
    'it has not taken part in its cluster for {silentFor} s, and the desired state has other settings',
} as const satisfies Sayers;

function endingsInWords({ count, since }: Endings): string {
  if (count === 1) return since === null ? 'etcd has ended once' : `etcd ended at ${since}`;
  return `etcd has ended ${count} times${since === null ? '' : ` since ${since}`}`;
}
