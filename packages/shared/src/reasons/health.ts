import { cutText } from './cut-text.ts';
import type { Why } from './facts.ts';
import type { AnyReason, Say, Sayers } from './reason.ts';

/** Why a node is not ready, or a member does not serve. */
export const healthReasons = {
  not_joined: 'it has not joined',
  quarantined: 'its node is quarantined: {why}',
  awaits_readoption: 'its node {nodeId} waits for re-adoption',
  readopted_and_not_told: 'its node was re-adopted and has not got a desired state yet',
  follows_earlier:
    'its node follows the coordinator from before the restore, and has not got a newer desired state yet',
  not_reported: 'its agent has not reported yet',
  not_reported_since_start: 'its agent has not reported since the coordinator was started',
  not_reported_since_clock: 'its agent has not reported since the coordinator’s clock was set',
  reported_ahead_of_clock: 'its last report came before the coordinator’s clock was set back',
  report_came_late: 'its newest report was sent {seconds} s ago and came late, so it says nothing about now',
  silent: 'its agent has not reported for {seconds} s',
  agent_stopped: 'its agent was stopped {seconds} s ago',
  machine_stopped: 'its machine was shut down {seconds} s ago',
  minor_unknown: 'no majority of the voters has reported which etcd they run',
  certificates_missing: ({ purposes }: { readonly purposes: readonly string[] }) =>
    `it does not have its ${purposes.join(', ')} certificate yet`,
  agent_waits: ({ why }: Why, say) => `its agent waits: ${nodeSays(why, say)}`,
  incarnation_of_earlier_coordinator:
    'its etcd has the incarnation {incarnation}, which the coordinator from before the restore started',
  incarnation_not_given: 'it reports the incarnation {incarnation}, which this coordinator did not start',
  former_incarnation_not_put_away: 'its agent has not confirmed yet that the former incarnation is retired',
  too_many_former_incarnations: 'its node has not retired {count} of its former incarnations',
  etcd_not_installed: 'etcd is not installed on it',
  /** `binary`: its path; null: only the machine knows it. */
  etcd_found: ({ version, binary }: { readonly version: string; readonly binary: string | null }) =>
    binary === null ? `this machine has etcd ${version}` : `the etcd at ${binary} is version ${version}`,
  other_minor_installed: 'the cluster runs etcd {minor}, and etcd {installed} is installed on it',
  release_not_ready: 'it has not fetched etcd {version} from the release store yet',
  /** `version`: of the release; null: the etcd of the package. */
  etcd_not_exchanged: ({ version }: { readonly version: string | null }) =>
    version === null
      ? 'its agent has not started the etcd of its system’s package yet'
      : `its agent has not started etcd ${version} of the release store yet`,
  etcd_not_started: 'its etcd was not started yet',
  etcd_catches_up: 'its etcd is catching up',
  etcd_silent: 'its etcd does not answer ({state})',
  other_cluster: 'its etcd is in another cluster ({clusterId})',
  no_leader: 'its etcd sees no leader',
  no_reads: 'its etcd does not serve reads',
  no_read_yet: 'it has not served a read yet',
  runs_without_data: 'its data directory is missing, so its etcd cannot start again',
  serves: 'its etcd serves',
  /** A reason that its agent has reported; null if it gave none. */
  node_says: ({ why }: { readonly why: AnyReason | null }, say) => (why === null ? '' : nodeSays(why, say)),
  of_member: '{member}: {why}',
  node_heard_ago: 'node {nodeId} reported {seconds} s ago',
  just_started: 'this coordinator has just started, or its clock was set, and does not know yet which nodes run',
} as const satisfies Sayers;

/** In characters: three such texts and the words around them make one sentence. */
const longestOfNode = 600;

/** The words of a reason that a node reported, cut: no node may make a sentence longer than an answer may be (R18). */
export function nodeSays(why: AnyReason, say: Say): string {
  return cutText(say(why), longestOfNode);
}
