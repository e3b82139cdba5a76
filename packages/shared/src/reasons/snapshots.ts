import type { AnyReason, Say } from './reason.ts';

type Executor = { readonly executor: string };
type Why = { readonly why: AnyReason };

/** Why snapshots are taken, what waits for one, and why one came to nothing. */
export const snapshotReasons = {
  on_schedule: () => 'on schedule',
  asked_for: ({ by }: { readonly by: string }) => `${by} asked for it`,
  before: ({ why }: Why, say: Say) => `before ${say(why)}`,
  takes_snapshot: ({ executor, id, why }: Executor & Why & { readonly id: string }, say: Say) =>
    `${executor} to take the snapshot ${id}, before ${say(why)}`,
  snapshot_tried_again: ({ why, failure }: Why & { readonly failure: AnyReason }, say: Say) =>
    `another attempt at the snapshot before ${say(why)}; the last failed: ${say(failure)}`,
  no_voter_serves: () => 'no voter serves, as far as is known',
  snapshot_not_begun: ({ executor }: Executor) => `${executor} has not begun it in time`,
  snapshot_not_sent: ({ executor }: Executor) => `${executor} has not sent it in time`,
  history_dropped: () => 'the history of the keys is dropped to make room',
  defragments: ({ member }: { readonly member: string }) => `${member} defragments its database`,
} as const;
