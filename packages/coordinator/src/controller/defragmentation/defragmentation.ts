import { doublingPauseMs } from '@picket/shared/backoff.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { defragmentFromBytes, fullShare, gapsShare, sparseShare } from '../../model/database-thresholds.ts';
import { lackOfRoom } from '../../model/disk-room.ts';
import { voters } from '../../model/health.ts';
import { isDeclared } from '../../model/member-names.ts';
import { act, agreed, type Opinion, remark, waitFor } from '../../model/opinion.ts';
import { restartRank } from '../../model/restart-rank.ts';
import { risks } from '../../model/risks.ts';
import type { Situation } from '../../model/situation.ts';
import { defragmentAgainAfter, permitBackoff, relieveAgainAfter } from '../../model/waits.ts';
import { stillUnderWay } from '../membership/withdrawn-mutations.ts';
import { snapshotBefore } from '../snapshots/snapshots.ts';
import { type DatabaseSize, databaseSizes } from './database-sizes.ts';
import { lagsTooFar, neverDefragments } from './faulty-etcd.ts';

/** The longest wait between two attempts of a member that keep failing, in milliseconds. */
const longestPause = 3_600_000;

/** Databases with large gaps are rewritten without them, one at a time and only while all members are healthy. */
export function defragmentation(situation: Situation): Opinion {
  const { progress } = situation;
  const { permit, assignment, configuration, maintenance } = progress;
  if (permit !== null || assignment !== null || configuration.trial !== null || maintenance.noSpace !== null)
    return agreed;
  // Nothing waits for it, and another concern has reported the trouble.
  if (risks(situation).length > 0) return agreed;
  const sparse = databaseSizes(situation).filter((size) => isWorthIt(size, situation));
  if (sparse.length === 0) return agreed;
  const next = nextToDefragment(situation, sparse, false);
  if (next.step?.kind !== 'grant-defragmentation') return next;
  return snapshotBefore(situation, reason('defragments', { member: next.step.member })) ?? next;
}

function isWorthIt({ member, bytes, inUseBytes, quotaBytes }: DatabaseSize, { progress, now }: Situation): boolean {
  const last = progress.maintenance.defragmentedAt[member] ?? Number.NEGATIVE_INFINITY;
  // A clock that was ahead once must not postpone it forever.
  const age = now < last ? Number.POSITIVE_INFINITY : now - last;
  if (bytes >= quotaBytes * fullShare && inUseBytes <= bytes * gapsShare) return age > relieveAgainAfter;
  return bytes >= defragmentFromBytes && inUseBytes <= bytes * sparseShare && age > defragmentAgainAfter;
}

/**
 * A permit for the first of these members, or why it must wait. A member serves nobody while it defragments, so the
 * rules are those of a restart: followers first, the leader last, and never while another voter is away (R2, R6). A member whose
 * etcd damages its data by a defragmentation gets none, and neither does one whose disk has no room for the new file (etcd-18810).
 */
export function nextToDefragment(situation: Situation, all: readonly DatabaseSize[], compactFirst: boolean): Opinion {
  const { spec, progress, now } = situation;
  const declared = all.filter(({ member }) => isDeclared(spec, member));
  const never = declared.flatMap((size) => whyNever(situation, size) ?? []);
  const sizes = declared.filter((size) => whyNever(situation, size) === null);
  if (sizes.length === 0) return never.length === 0 ? agreed : remark(...never);
  const members = sizes.map(({ member }) => member);
  const sick = risks(situation);
  // The repair may need a change of membership, which must not wait for this.
  if (sick.length > 0)
    return remark(...sick.map((ailment) => reason('all_serve_before_defragmentation', { members, ailment })));
  const changes = stillUnderWay(situation);
  if (changes.length > 0) return remark(...changes);
  const count = voters(situation).length;
  if (count <= 2 && !spec.allowDowntime) {
    return remark(reason('defragmentation_needs_downtime', { cluster: spec.name, members, count }));
  }
  const rank = restartRank(situation);
  const ordered = [...sizes].sort((one, other) => rank(one.member) - rank(other.member));
  const failure = progress.maintenance.failure?.of === 'defragmentation' ? progress.maintenance.failure : null;
  // The members that failed last come last: otherwise two that keep failing would hold the permit of the cluster all
  // the time.
  const pause = doublingPauseMs(failure?.count ?? 1, permitBackoff, longestPause);
  const paused = ordered.filter(({ member }) => now - (progress.lapses[member] ?? Number.NEGATIVE_INFINITY) <= pause);
  const lagging = ordered.filter((size) => !paused.includes(size) && lagsTooFar(situation, size) !== null);
  const first = ordered.find((size) => !paused.includes(size) && !lagging.includes(size));
  // The leader is last, even if the others must wait.
  if (lagging.length > 0 && (first === undefined || rank(first.member) === 2)) {
    return remark(...lagging.flatMap((size) => lagsTooFar(situation, size) ?? []));
  }
  if (first === undefined || (rank(first.member) === 2 && paused.length > 0)) {
    const tried = paused.map(({ member }) => member);
    const why =
      failure === null
        ? reason('permit_lapsed', { members: tried })
        : reason('of_member', { member: failure.member, why: failure.reason });
    return waitFor(reason('defragmentation_pauses', { members: tried, seconds: pause / 1000, why }));
  }
  const { member, bytes, inUseBytes } = first;
  const { task } = progress.snapshots;
  // etcd would wait for the end of the snapshot, and serve nobody meanwhile.
  if (task?.executor === member) return waitFor(reason('snapshot_ends_first', { member, id: task.id }));
  const why = reason('in_use', { inUseBytes, bytes });
  return act({ kind: 'grant-defragmentation', member, compactFirst, why });
}

/** What keeps a member from a defragmentation until an operator does something; null: nothing. */
function whyNever(situation: Situation, size: DatabaseSize): Reason | null {
  const never = neverDefragments(situation, size);
  if (never !== null) return never;
  const lack = lackOfRoom(situation, size.member, size.inUseBytes);
  return lack === null ? null : reason('defragmentation_lacks_room', lack);
}
