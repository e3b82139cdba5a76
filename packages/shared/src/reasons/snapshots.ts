import type { Reasons, Texts, Why } from './facts.ts';
import type { Sayers } from './reason.ts';

/** A voter that could not be asked for a snapshot without a quorum. */
export interface Unasked {
  readonly member: string;
  /** By its own agent's report, or by an operator's order. */
  readonly isLost: boolean;
  /** By its last report; null if that is not known. */
  readonly appliedIndex: number | null;
  /** That report is from before the coordinator's start, and one may have followed that was not stored. Omitted otherwise. */
  readonly isStored?: true;
}

/** Why snapshots are taken, what waits for a snapshot, and why a snapshot failed. */
export const snapshotReasons = {
  on_schedule: 'on schedule',
  asked_for: '{by} requested it',
  before: 'before {why}',
  takes_snapshot: '{executor} to take the snapshot {id}, before {why}',
  snapshot_tried_again: ({ why, failure }: Why & Reasons<'failure'>, say) =>
    `another attempt to take the snapshot before ${say(why)}; the last attempt failed: ${say(failure)}`,
  no_voter_serves: 'no voter is known to serve',
  /** `survivor`: a voter whose etcd answers without a quorum. */
  only_survivors_answer:
    'no voter is known to serve. If the quorum is lost, take the snapshot from {survivor} with `picket snapshot take {cluster} --without-quorum`; it may lack the last writes',
  /** What `by` ordered, and what it says of the snapshot wherever that is listed. */
  without_quorum: ({
    by,
    member,
    appliedIndex,
    unasked,
  }: Texts<'by' | 'member'> & { readonly appliedIndex: number; readonly unasked: readonly Unasked[] }) =>
    [
      `${by} requested it without a quorum: ${member} had applied index ${appliedIndex}`,
      ...unasked.map((one) => notAsked(one, appliedIndex)),
    ].join('; '),
  quorum_serves: ({ cluster, serving, wait }: Record<'cluster' | 'serving' | 'wait', string>) =>
    `${serving} answered a linearizable read, so a quorum served at that time. Take a snapshot of it with ` +
    `\`picket snapshot take ${cluster}\`. If machines have died since, repeat this command in ${wait}`,
  /** After a start of the coordinator, or a step of its clock. */
  survivor_in_doubt:
    '{member} last reported applied index {appliedIndex}, and the coordinator does not know yet whether it still answers and what it has now: the coordinator was just started, or its clock was set. Repeat this command in {seconds} s',
  no_survivor_answers:
    'no voter reports an etcd that answers. Start the agent and etcd of a voter that still has its data',
  snapshot_not_begun: '{executor} has not started it in time',
  snapshot_not_sent: '{executor} has not sent it in time',
  snapshot_copy_at_fault: ({ why }: Why, say) => say(why),
  copy_gone: ({ object }: Texts<'object'>) => goneFrom(object),
  copy_gone_unsent: ({ object, why }: Why & Texts<'object'>, say) =>
    `${goneFrom(object)}, and its file on the coordinator could not be sent there again: ${say(why)}`,
  failed_unexpectedly: 'it failed unexpectedly; the coordinator’s log has the cause.',
  snapshots_not_moved:
    '{why} Snapshots stay on the coordinator for now ({count} of this cluster); the next attempt is at {next}.',
  history_dropped: 'dropping the history of the keys to make room',
  defragments: '{member} defragments its database',
} as const satisfies Sayers;

function notAsked({ member, isLost, appliedIndex, isStored }: Unasked, taken: number): string {
  const state = isLost ? 'is lost' : 'does not answer';
  if (appliedIndex === null) return `${member} ${state}`;
  const more = appliedIndex > taken ? ', which is higher' : '';
  return isStored === true
    ? `${member} ${state} and had at least index ${appliedIndex}${more}, by its last report that was stored`
    : `${member} ${state} and last reported index ${appliedIndex}${more}`;
}

function goneFrom(object: string): string {
  return `it is no longer at ${object}, or another object is there`;
}
