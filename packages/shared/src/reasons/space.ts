import type { Cluster, Member, Numbers, Reasons, Why } from './facts.ts';
import { nodeSays } from './health.ts';
import type { AnyReason, Sayers } from './reason.ts';
import { megabytes } from './sizes.ts';

type Members = { readonly members: readonly string[] };
type Task = 'compact' | 'disarm';

/** The task, as it follows "is asked to". */
export const taskInWords: Readonly<Record<Task, string>> = {
  compact: 'drop the history of the keys',
  disarm: 'disarm NOSPACE',
};

/** What the maintenance of a full database waits for, and how it ends. */
export const spaceReasons = {
  task_done: ({ executor, task }: { readonly executor: string; readonly task: Task }) =>
    `${executor} to ${taskInWords[task]}: the database is full (NOSPACE)`,
  sizes_reported: ({ members }: Members) =>
    `${members.join(', ')} to report the size of its database after the history was dropped`,
  come_as_far: 'a member to report that it has applied the compaction',
  full_learner_taken_out: 'the learner {member} to be removed: its database is full (NOSPACE)',
  unheard_may_be_full: (
    { members, minutes, ailments }: Members & { readonly minutes: number; readonly ailments: readonly AnyReason[] },
    say,
  ) =>
    `${members.join(', ')} to report that its database has room, or ${minutes} min to pass since its last report and since ` +
    `the history was dropped, before NOSPACE is disarmed; ${ailments.map(say).join('; ')}. ` +
    'An operator: bring that member back',
  keys_fill_quota: ({
    cluster,
    inUseBytes,
    quotaBytes,
    sizes,
    raisedBytes,
  }: {
    readonly cluster: string;
    readonly inUseBytes: number;
    readonly quotaBytes: number;
    readonly sizes: readonly (Member & Numbers<'bytes'>)[];
    /** null: the quota already has the largest allowed value. */
    readonly raisedBytes: number | null;
  }) => {
    const raise =
      raisedBytes === null
        ? 'the quota already has its largest value'
        : `or raise the quota: picket cluster set ${cluster} quotaBackendBytes=${raisedBytes}`;
    const each = sizes.map(({ member, bytes }) => `${member} ${megabytes(bytes)}`).join(', ');
    return (
      `an operator: the keys need ${megabytes(inUseBytes)}, which leaves no room below the quota of ${megabytes(quotaBytes)} ` +
      `(${each}), so etcd takes no writes (NOSPACE). Delete keys that you do not need, with etcdctl del, and Picket does the ` +
      `rest; ${raise}`
    );
  },
  task_tried_again: ({ task, why }: { readonly task: Task; readonly why: AnyReason }, say) =>
    `another attempt to ${taskInWords[task]}, because the database is full: ${say(why)}`,
  no_voter_any_more: 'it is no longer a voter',
  not_begun_in_time: 'it has not started in time',
  not_ended_in_time: 'it has not finished in time',
  all_serve_before_defragmentation: ({ members, ailment }: Members & Reasons<'ailment'>, say) =>
    `every voter to serve before ${members.join(', ')} may defragment; ${say(ailment)}`,
  defragments_after_hold:
    'the hold of {member} to end: before that, no database is defragmented. To end it: picket member release {cluster} {member}',
  defragmentation_needs_downtime: ({ cluster, members, count }: Members & Cluster & Numbers<'count'>) =>
    `an operator: the database of ${members.join(', ')} should be defragmented, but a cluster of ${count} cannot serve ` +
    `during that; to allow it: picket cluster set ${cluster} allowDowntime=true`,
  defragmentation_damages: ({
    cluster,
    member,
    version,
    id,
    fixed,
    raisedBytes,
  }: Cluster &
    Member & {
      readonly version: string;
      readonly id: string;
      readonly fixed: string | null;
      /** null: the quota already has the largest allowed value. */
      readonly raisedBytes: number | null;
    }) =>
    `an operator: the database of ${member} should be defragmented, but etcd ${version} can damage data during that (${id}). ` +
    `Install etcd ${fixed ?? 'of a later version'}${fixed === null ? '' : ' or later'} there` +
    (raisedBytes === null
      ? ''
      : `; if etcd takes no writes meanwhile, raise the quota: picket cluster set ${cluster} quotaBackendBytes=${raisedBytes}`),
  defragments_once_abreast:
    '{member} to catch up with the leader, before it may defragment its database: with etcd {version}, a snapshot from the leader during that would damage it ({id})',
  defragmentation_lacks_room: ({ member, freeBytes, neededBytes }: Member & Numbers<'freeBytes' | 'neededBytes'>) =>
    `an operator: the database of ${member} should be defragmented, but its disk has ${megabytes(freeBytes)} free, and ${megabytes(neededBytes)} are needed, for the new file beside the present one and for etcd’s log. Make room on that disk`,
  defragmentation_pauses: ({ members, seconds, why }: Members & Numbers<'seconds'> & Why, say) =>
    `${seconds} s to pass before ${members.join(', ')} may try again to defragment its database; ${say(why)}`,
  snapshot_ends_first: 'the snapshot {id} of {member} to end, before it may defragment',
  in_use: ({ inUseBytes, bytes }: Numbers<'inUseBytes' | 'bytes'>) =>
    `${megabytes(inUseBytes)} of its ${megabytes(bytes)} are in use`,
  defragmentation_lapses:
    'the permit of {member} to expire: it was withdrawn, and {member} may have begun to defragment its database',
  defragmentation_late: ({ why, waits }: { readonly why: AnyReason; readonly waits: readonly AnyReason[] }, say) =>
    [say(why), ...waits.map((wait) => nodeSays(wait, say))].join('; '),
  defragments_and_serves: '{member} to defragment its database, and then to serve for {seconds} s',
} as const satisfies Sayers;
