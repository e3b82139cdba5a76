import { doublingPauseMs } from '@picket/shared/backoff.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { alarmedBy } from '../../model/alarms.ts';
import { fullShare, largestQuotaBytes, roomShare } from '../../model/database-thresholds.ts';
import { leads, servingVoters } from '../../model/health.ts';
import type { Instant } from '../../model/instant.ts';
import { maintenanceEnd } from '../../model/maintenance-end.ts';
import type { MaintenanceTask, NoSpace } from '../../model/maintenance-progress.ts';
import { isDeclared } from '../../model/member-names.ts';
import { act, agreed, type Opinion, remark, waitFor } from '../../model/opinion.ts';
import type { Situation } from '../../model/situation.ts';
import {
  alarmSettles,
  compactAgainAfter,
  maintenanceRetryAfter,
  recoveryCountsFor,
  unheardFor,
  unheardForAtMost,
} from '../../model/waits.ts';
import { type DatabaseSize, databaseSizes } from '../defragmentation/database-sizes.ts';
import { nextToDefragment } from '../defragmentation/defragmentation.ts';
import { snapshotBefore } from '../snapshots/snapshots.ts';
import { fullLearners, perhapsFull, reachedRevision } from './full-databases.ts';

/**
 * A database has reached its quota, and etcd takes no writes on any member until the alarm is disarmed. The steps are
 * in etcd's own order: a snapshot if one is possible, a compaction, a defragmentation of each database, and the
 * disarming once there is room. If the keys themselves take the space, an operator must delete some.
 */
export function outOfSpace(situation: Situation): Opinion {
  const { maintenance } = situation.progress;
  const alarmed = alarmedBy(situation, 'NOSPACE');
  if (alarmed === null) return agreed;
  const { noSpace, task, recoveries } = maintenance;
  if (task !== null && noSpace !== null) {
    const ended = taskEnded(situation, task);
    if (ended !== null) return ended;
  }
  // With that alarm etcd refuses compactions.
  if (alarmedBy(situation, 'CORRUPT')?.length !== 0) return agreed;
  if (alarmed.length === 0) return noSpace === null ? agreed : act({ kind: 'record-space', by: null });
  if (noSpace !== null) {
    const opinion = recover(situation, noSpace, alarmed);
    // The hold must be able to end meanwhile.
    return heldMember(situation) === null || opinion.step !== null ? opinion : remark(...opinion.waits);
  }
  const last = recoveries.at(-1) ?? Number.NEGATIVE_INFINITY;
  const settles = situation.now >= last && situation.now - last < alarmSettles;
  return settles ? agreed : act({ kind: 'record-no-space', members: alarmed });
}

function recover(
  situation: Situation,
  { since, compacted, defragmented }: NoSpace,
  alarmed: readonly string[],
): Opinion {
  const { permit, assignment, configuration, maintenance } = situation.progress;
  if (maintenance.task !== null) {
    return waitFor(reason('task_done', { executor: maintenance.task.executor, task: maintenance.task.kind }));
  }
  const held = heldMember(situation);
  // They end without an order, and say what they wait for. A hold may last a day, and a compaction disrupts nobody.
  if ((permit !== null && held === null) || assignment !== null || configuration.trial !== null) return agreed;
  if (compacted === null) return compact(situation);

  const sizes = databaseSizes(situation);
  const old = sizes.filter(({ receivedAt }) => receivedAt <= compacted.at).map(({ member }) => member);
  if (old.length > 0) return waitFor(reason('sizes_reported', { members: old }));
  const over = sizes.filter(({ bytes, quotaBytes }) => bytes >= quotaBytes * roomShare);
  if (over.length === 0) return disarm(situation, alarmed, compacted.at);

  // All hold the same keys: a member that uses more has not finished its compaction yet. One that lags has not even
  // written all keys.
  const abreast = sizes.filter(({ revision }) => revision >= compacted.revision);
  if (abreast.length === 0) return remark(reason('come_as_far'));
  const inUse = Math.min(...abreast.map(({ inUseBytes }) => inUseBytes));
  const quota = Math.min(...sizes.map(({ quotaBytes }) => quotaBytes));
  // The number may be old: the executor was further than it had reported, and has compacted up to there.
  const changed = sizes.some(({ revision }) => revision > compacted.revision);
  const hasGaps = inUse < quota * fullShare;
  // History that somebody was reading during the compaction counts as used until etcd commits again, and it commits
  // nothing now (seen in 3.5.16, with a snapshot in progress). A defragmentation shows the real size; not repeated for
  // each deleted key.
  const asked = Object.values(maintenance.defragmentedAt).some((at) => at >= since);
  const maybeGaps = !hasGaps && defragmented.length === 0 && !(changed && asked);
  const helped = (hasGaps ? over : over.filter((size) => abreast.includes(size)))
    .filter(({ member }) => !defragmented.includes(member))
    .map((size) => ({ ...size, inUseBytes: inUse }));
  const closing = hasGaps && helped.length > 0;
  const asking = closing || (maybeGaps && helped.length > 0);
  // A member that defragments serves nobody meanwhile, and one at a time is disrupted (R2).
  const defragment = () =>
    held === null
      ? nextToDefragment(situation, helped, true)
      : remark(reason('defragments_after_hold', { cluster: situation.spec.name, member: held }));
  const next = asking ? defragment() : agreed;
  if (next.step !== null) return next;
  if (changed && !closing && situation.now - compacted.at > compactAgainAfter) return compact(situation);
  // A member that cannot defragment, for example on a full disk, must not delay an operator's larger quota.
  if (asking) return remark(...next.waits);
  return remark(filled(situation, sizes, inUse, quota));
}

/** The member that is held, or whose hold begins or ends; null if there is none. */
function heldMember({ progress: { permit } }: Situation): string | null {
  return permit?.hold === undefined ? null : permit.member;
}

/**
 * It would raise the alarm again with the next write. It is added again once the voters, whose file it gets, have room.
 */
function takeOutFull(situation: Situation, alarmed: readonly string[]): Opinion | null {
  const [name] = fullLearners(situation, alarmed);
  if (name === undefined) return null;
  if (situation.progress.members[name]?.unfit != null) {
    return remark(reason('full_learner_taken_out', { member: name }));
  }
  return act({ kind: 'record-unfit', member: name, reason: reason('learner_full') });
}

/**
 * A full voter raises the alarm again with the next write. A dead voter never does, and must not keep the others from
 * writing. If a voter does not report, only disarming the alarm tells which of the two it is: so the alarm is disarmed,
 * ever more rarely.
 */
function disarm(situation: Situation, alarmed: readonly string[], compactedAt: Instant): Opinion {
  const { now, progress } = situation;
  const full = perhapsFull(situation, alarmed);
  const recent = progress.maintenance.recoveries.filter((at) => now - at < recoveryCountsFor).length;
  const pause = doublingPauseMs(recent + 1, unheardFor, unheardForAtMost);
  // A time noted by a clock that was ahead would make it wait until then.
  const heard = full.map((unheard) => unheard.since).filter((at) => at <= now);
  if (full.length === 0 || now - Math.max(compactedAt, ...heard) >= pause) {
    return takeOutFull(situation, alarmed) ?? assign(situation, 'disarm');
  }
  const members = full.map(({ member }) => member);
  const ailing = full.map(({ member, unheard: why }) => reason('of_member', { member, why }));
  return remark(reason('unheard_may_be_full', { members, minutes: pause / 60_000, ailments: ailing }));
}

function filled({ spec }: Situation, over: readonly DatabaseSize[], inUse: number, quota: number): Reason {
  return reason('keys_fill_quota', {
    cluster: spec.name,
    inUseBytes: inUse,
    quotaBytes: quota,
    sizes: over.map(({ member, bytes }) => ({ member, bytes })),
    raisedBytes: quota >= largestQuotaBytes ? null : Math.min(2 * quota, largestQuotaBytes),
  });
}

/** The compaction drops history on all members; a snapshot, if one is possible, still has it. */
function compact(situation: Situation): Opinion {
  const before = snapshotBefore(situation, reason('history_dropped'));
  return before ?? assign(situation, 'compact');
}

function assign(situation: Situation, task: MaintenanceTask['kind']): Opinion {
  const { failure } = situation.progress.maintenance;
  // A member that cannot defragment only loses the permit to defragment.
  if (failure?.of === 'task') {
    const pause = doublingPauseMs(failure.count, maintenanceRetryAfter, 3_600_000);
    if (situation.now - failure.at < pause) return waitFor(reason('task_tried_again', { task, why: failure.reason }));
  }
  const executor = whoDoesIt(situation, task);
  if (executor === null) return agreed;
  // At most what the compaction will drop: keys deleted after it are still in the history.
  const own = situation.status.nodes[executor]?.status?.etcd?.revision ?? 0;
  const revision = Math.min(own, reachedRevision(situation));
  return act({ kind: 'assign-maintenance', task, executor, revision });
}

/**
 * A serving voter: a follower, since the leader has enough to do. Not one that is held, since it may be rebooted. Neither
 * the one that failed last nor the one that had the last order: it may report success without having done it.
 */
function whoDoesIt(situation: Situation, task: MaintenanceTask['kind']): string | null {
  const { failure, asked } = situation.progress.maintenance;
  const able = servingVoters(situation).filter(
    (name) => name !== heldMember(situation) && isDeclared(situation.spec, name),
  );
  const rank = (name: string) =>
    (failure?.member === name ? 4 : 0) + (asked[task] === name ? 2 : 0) + (leads(situation, name) ? 1 : 0);
  return able.toSorted((one, other) => rank(one) - rank(other))[0] ?? null;
}

/** The step after the end of a task; null while it may still end. */
function taskEnded(situation: Situation, task: MaintenanceTask): Opinion | null {
  const { executor, kind, revision } = task;
  const end = maintenanceEnd(situation, task);
  if (end === null) return null;
  const { outcome, why } = end;
  if (outcome === 'failed') {
    return act({ kind: 'withdraw-maintenance', reason: reason('of_member', { member: executor, why }) });
  }
  if (kind === 'disarm') return act({ kind: 'record-space', by: executor });
  return act({ kind: 'record-compaction', member: executor, revision, reason: why });
}
