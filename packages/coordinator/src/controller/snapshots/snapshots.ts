import { doublingPauseMs } from '@picket/shared/backoff.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { reachable, serving, voters } from '../../model/health.ts';
import type { Instant } from '../../model/instant.ts';
import { isDeclared } from '../../model/member-names.ts';
import { act, agreed, hold, type Opinion } from '../../model/opinion.ts';
import type { Situation } from '../../model/situation.ts';
import type { SnapshotTask } from '../../model/snapshot-progress.ts';
import {
  freshFor,
  leaseSeconds,
  orderOverAfter,
  snapshotFreshFor,
  snapshotHoldFor,
  snapshotPardonFor,
  snapshotRetryAfter,
  snapshotSeconds,
  snapshotTries,
  youngFor,
} from '../../model/waits.ts';

/**
 * Ends a snapshot that comes to nothing, and asks for one when it is due. It holds up nothing: the members of a cluster
 * that something is wrong with are the ones whose data should be safe.
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
 * What keeps a change from being set going until the cluster's data is safe: to ask for a snapshot, or to wait for it.
 * null: go on. That is so where one was taken of late, and where there can be none: a change may be what heals the
 * cluster, and must not wait for ever for what keeps failing; the failure is told in the status and among the events.
 *
 * @param why what it is taken before
 */
export function snapshotBefore(situation: Situation, why: Reason): Opinion | null {
  const { progress, spec, now } = situation;
  const { task, last, failure } = progress.snapshots;
  if (spec.snapshots.everyMinutes === 0 || isYoung(situation)) return null;
  if (last !== null && isWithin(snapshotFreshFor, last.takenAt, now)) return null;
  if (task !== null) {
    if (since(task.issuedAt, now) > snapshotHoldFor) return null;
    return hold(reason('takes_snapshot', { executor: task.executor, id: task.id, why }));
  }
  if (failure !== null && failure.count >= snapshotTries && since(failure.at, now) <= snapshotPardonFor) return null;
  const executor = whoTakesIt(situation);
  if (executor === null) return null;
  if (failure !== null && since(failure.at, now) < snapshotRetryAfter) {
    return hold(reason('snapshot_tried_again', { why, failure: failure.reason }));
  }
  return act({ kind: 'assign-snapshot', executor, why: reason('before', { why }) });
}

/**
 * A serving voter: a follower, since the leader has enough to do; the most advanced; neither the one that failed last nor
 * the one that took the last, so that not all that is kept is of one node.
 */
export function whoTakesIt(situation: Situation): string | null {
  const { status, progress } = situation;
  const { failure, last } = progress.snapshots;
  const able = voters(situation).flatMap(([name, member]) => {
    const node = status.nodes[name];
    const etcd = node?.status?.etcd;
    // Whoever is defragmented cannot begin before a snapshot of it has ended, and serves nobody until then.
    if (!etcd || !serving(member, node, situation).ok || progress.permit?.member === name) return [];
    // It may be leaving for what its disk has done to its data.
    if (member.leaving !== undefined || !isDeclared(situation.spec, name)) return [];
    const leads = etcd.leader === member.memberId;
    const rank = (name === failure?.executor ? 4 : 0) + (name === last?.by ? 2 : 0) + (leads ? 1 : 0);
    return [{ name, rank, index: etcd.raftAppliedIndex }];
  });
  able.sort((one, other) => one.rank - other.rank || other.index - one.index);
  return able[0]?.name ?? null;
}

/** A formation is young once: a cluster that is being formed should be there soon, and has nothing to lose yet. */
function isYoung({ progress, now }: Situation): boolean {
  const { formation } = progress;
  return formation === null || formation.clusterId === null || isWithin(youngFor - 1, formation.releasedAt, now);
}

/** Not by a moment that is still to come: that clock was ahead once, and says nothing of how old it is. */
function isWithin(span: number, at: Instant, now: Instant): boolean {
  return now >= at && now - at <= span;
}

/** Also of a moment that is still to come: a wait must end, however far ahead the clock was that it began by. */
function since(at: Instant, now: Instant): number {
  return Math.abs(now - at);
}

function isDue(situation: Situation): boolean {
  const { progress, spec, now } = situation;
  const { everyMinutes } = spec.snapshots;
  if (everyMinutes === 0 || isYoung(situation)) return false;
  // It can wait for a restart or a change of membership to end; the next look is a moment away.
  if (progress.permit !== null || progress.assignment !== null) return false;
  const { last, failure } = progress.snapshots;
  if (last !== null && isWithin(everyMinutes * 60_000 - 1, last.takenAt, now)) return false;
  if (failure === null) return true;
  return since(failure.at, now) >= doublingPauseMs(failure.count, snapshotRetryAfter, 3_600_000);
}

/** Why this snapshot is not waited for any more; null while it may come. */
function cameToNothing({ progress, status, now }: Situation, task: SnapshotTask): Reason | null {
  const { executor, id, issuedAt } = task;
  if (progress.members[executor]?.phase !== 'voter')
    return reason('of_member', { member: executor, why: reason('no_voter_any_more') });
  const node = status.nodes[executor];
  const said = node?.status?.lastSnapshot;
  const ofThis = said?.id === id ? said : undefined;
  if (ofThis?.outcome === 'failed')
    return reason('of_member', { member: executor, why: reason('node_says', { why: ofThis.reason }) });
  const heard = reachable(node, now);
  if (!heard.ok) return reason('of_member', { member: executor, why: heard.why });
  const age = since(issuedAt, now);
  // A report of the last moment of its lease may still be on its way.
  if (ofThis === undefined && age > orderOverAfter) return reason('snapshot_not_begun', { executor });
  if (age > (leaseSeconds + snapshotSeconds) * 1000 + freshFor) return reason('snapshot_not_sent', { executor });
  return null;
}
