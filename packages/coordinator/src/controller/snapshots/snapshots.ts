import { doublingPauseMs } from '@picket/shared/backoff.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { goneFrom, leads, servingVoters } from '../../model/health.ts';
import type { Instant } from '../../model/instant.ts';
import { isDeclared } from '../../model/member-names.ts';
import { act, agreed, type Opinion, waitFor } from '../../model/opinion.ts';
import { isAwaited } from '../../model/presence.ts';
import type { Situation } from '../../model/situation.ts';
import type { SnapshotTask } from '../../model/snapshot-progress.ts';
import {
  freshFor,
  leaseSeconds,
  orderOverAfter,
  snapshotAwaitedFor,
  snapshotFreshFor,
  snapshotPardonFor,
  snapshotRetryAfter,
  snapshotSeconds,
  snapshotTries,
  youngFor,
} from '../../model/waits.ts';

/**
 * Ends a failed snapshot, and orders one when it is due. It delays nothing: the data of an unhealthy cluster is what
 * most needs a snapshot.
 */
export function snapshots(situation: Situation): Opinion {
  const { task } = situation.progress.snapshots;
  if (task !== null) {
    const why = cameToNothing(situation, task);
    return why === null ? agreed : act({ kind: 'withdraw-snapshot', reason: why });
  }
  if (!isDue(situation)) return agreed;
  const executor = whoTakesIt(situation);
  return executor === null ? agreed : act({ kind: 'assign-snapshot', executor, why: reason('on_schedule') });
}

/**
 * What delays a change until the cluster's data is safe: the order for a snapshot, or the wait for it. null: continue.
 * That is so if one was taken recently, and if none can be taken. The change may heal the cluster, so it must not wait
 * forever for a snapshot that keeps failing; the failure appears in the status and among the events.
 *
 * @param why what it is taken before
 */
export function snapshotBefore(situation: Situation, why: Reason): Opinion | null {
  const { progress, spec, now } = situation;
  const { last, failure } = progress.snapshots;
  const task = awaitedTask(situation);
  if (spec.snapshots.everyMinutes === 0 || isYoung(situation)) return null;
  if (last !== null && isWithin(snapshotFreshFor, last.takenAt, now)) return null;
  if (task !== null && since(task.issuedAt, now) > snapshotAwaitedFor) return null;
  if (task === null) {
    if (failure !== null && failure.count >= snapshotTries && since(failure.at, now) <= snapshotPardonFor) return null;
    if (whoTakesIt(situation) === null) return null;
  }
  return orderedSnapshot(situation, why);
}

/** The order for a snapshot, or the wait for the one that is ordered, or until it can be tried again. */
export function orderedSnapshot(situation: Situation, why: Reason): Opinion {
  const { progress, now } = situation;
  const { failure } = progress.snapshots;
  const task = awaitedTask(situation);
  if (task !== null) return waitFor(reason('takes_snapshot', { executor: task.executor, id: task.id, why }));
  if (failure !== null && since(failure.at, now) < snapshotRetryAfter)
    return waitFor(reason('snapshot_tried_again', { why, failure: failure.reason }));
  const executor = whoTakesIt(situation);
  return executor === null
    ? waitFor(reason('snapshot_taken_first', { why }))
    : act({ kind: 'assign-snapshot', executor, why: reason('before', { why }) });
}

/** The order that a change waits for. One without a quorum may lack acknowledged writes: another one takes its place. */
function awaitedTask({ progress: { snapshots } }: Situation): SnapshotTask | null {
  return snapshots.task?.withoutQuorum === undefined ? snapshots.task : null;
}

/**
 * A serving voter: a follower, since the leader has enough to do; the most advanced one; neither the one that failed
 * last nor the one that took the last one, so that the snapshots are not all of one node.
 */
export function whoTakesIt(situation: Situation): string | null {
  const { status, progress } = situation;
  const { failure, last } = progress.snapshots;
  const able = servingVoters(situation).flatMap((name) => {
    // A defragmentation cannot begin before a snapshot of the member has ended, and the member serves nobody until
    // then.
    if (progress.permit?.member === name) return [];
    // It may be leaving because its disk has damaged its data.
    if (progress.members[name]?.leaving !== undefined || !isDeclared(situation.spec, name)) return [];
    const rank = (name === failure?.executor ? 4 : 0) + (name === last?.by ? 2 : 0) + (leads(situation, name) ? 1 : 0);
    return [{ name, rank, index: status.nodes[name]?.status?.etcd?.raftAppliedIndex ?? 0 }];
  });
  able.sort((one, other) => one.rank - other.rank || other.index - one.index);
  return able[0]?.name ?? null;
}

/**
 * True if the newest snapshot was stored within the last minutes. It is asked before the present data is given up, so a snapshot that an
 * earlier run of the coordinator has stored does not count: no clock tells what was written since (R19).
 */
export function hasFreshSnapshot({ progress, now }: Pick<Situation, 'progress' | 'now'>): boolean {
  const storedAt = progress.snapshots.last?.storedAt;
  return storedAt !== undefined && isWithin(snapshotFreshFor, storedAt, now);
}

/** A formation is new only once: its cluster should be complete soon, and has nothing to lose yet. */
function isYoung({ progress, now }: Situation): boolean {
  const { formation } = progress;
  return formation === null || formation.clusterId === null || isWithin(youngFor - 1, formation.startedAt, now);
}

/** A moment in the future does not count: that clock was ahead once, and says nothing about the age. */
function isWithin(span: number, at: Instant, now: Instant): boolean {
  return now >= at && now - at <= span;
}

/** Includes moments in the future: a wait must end, however far ahead the clock was when it began. */
function since(at: Instant, now: Instant): number {
  return Math.abs(now - at);
}

function isDue(situation: Situation): boolean {
  const { progress, spec, now } = situation;
  const { everyMinutes } = spec.snapshots;
  if (everyMinutes === 0 || isYoung(situation)) return false;
  // It can wait for a restart or a change of membership to end, but not for a hold, which may last a day.
  if ((progress.permit !== null && progress.permit.hold === undefined) || progress.assignment !== null) return false;
  const { last, failure } = progress.snapshots;
  if (last !== null && isWithin(everyMinutes * 60_000 - 1, last.takenAt, now)) return false;
  if (failure === null) return true;
  return since(failure.at, now) >= doublingPauseMs(failure.count, snapshotRetryAfter, 3_600_000);
}

/** Why this snapshot is no longer awaited; null while it may arrive. */
function cameToNothing({ progress, status, now }: Situation, task: SnapshotTask): Reason | null {
  const { executor, id, issuedAt } = task;
  if (progress.members[executor]?.phase !== 'voter')
    return reason('of_member', { member: executor, why: reason('no_voter_any_more') });
  const node = status.nodes[executor];
  const said = node?.status?.lastSnapshot;
  const ofThis = said?.id === id ? said : undefined;
  if (ofThis?.outcome === 'failed')
    return reason('of_member', { member: executor, why: reason('node_says', { why: ofThis.reason }) });
  const gone = goneFrom(node, now);
  if (gone !== null) return reason('of_member', { member: executor, why: gone });
  if (isAwaited(node, now)) return null;
  const age = since(issuedAt, now);
  // A report of the last moment of its lease may still be on its way.
  if (ofThis === undefined && age > orderOverAfter) return reason('snapshot_not_begun', { executor });
  if (age > (leaseSeconds + snapshotSeconds) * 1000 + freshFor) return reason('snapshot_not_sent', { executor });
  return null;
}
