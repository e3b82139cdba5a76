import type { AnyReason, Say } from './reason.ts';

type Executor = { readonly executor: string };
type Why = { readonly why: AnyReason };

/** Why snapshots are taken, what waits for a snapshot, and why a snapshot failed. */
export const snapshotReasons = {
  on_schedule: () => 'on schedule',
  asked_for: ({ by }: { readonly by: string }) => `${by} requested it`,
  before: ({ why }: Why, say: Say) => `before ${say(why)}`,
  takes_snapshot: ({ executor, id, why }: Executor & Why & { readonly id: string }, say: Say) =>
    `${executor} to take the snapshot ${id}, before ${say(why)}`,
  snapshot_tried_again: ({ why, failure }: Why & { readonly failure: AnyReason }, say: Say) =>
    `another attempt to take the snapshot before ${say(why)}; the last attempt failed: ${say(failure)}`,
  no_voter_serves: () => 'no voter is known to serve',
  snapshot_not_begun: ({ executor }: Executor) => `${executor} has not started it in time`,
  snapshot_not_sent: ({ executor }: Executor) => `${executor} has not sent it in time`,
  snapshot_copy_at_fault: ({ why }: Why, say: Say) => say(why),
  copy_gone: ({ object }: { readonly object: string }) => goneFrom(object),
  copy_gone_unsent: ({ object, why }: Why & { readonly object: string }, say: Say) =>
    `${goneFrom(object)}, and its file on the coordinator could not be sent there again: ${say(why)}`,
  failed_unexpectedly: () => 'it failed unexpectedly; the coordinator’s log has the cause.',
  snapshots_not_moved: ({ why, count, next }: Why & { readonly count: number; readonly next: string }, say: Say) =>
    `${say(why)} Snapshots stay on the coordinator for now (${count} of this cluster); the next attempt is at ${next}.`,
  history_dropped: () => 'dropping the history of the keys to make room',
  defragments: ({ member }: { readonly member: string }) => `${member} defragments its database`,
} as const;

function goneFrom(object: string): string {
  return `it is no longer at ${object}, or another object is there`;
}
