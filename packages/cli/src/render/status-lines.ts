import type { ClusterStatusView } from '@picket/shared/protocol/clusters.ts';
import { firstToEnd } from './first-to-end.ts';
import { isOverdue } from './member-health.ts';
import { endOf, pastTime, type Times } from './units.ts';

/** Which member's certificates end first. Nothing before a member has reported. */
export function certificatesLine(view: ClusterStatusView, times: Times): readonly string[] {
  const ends = view.members.flatMap((member) => {
    const end = firstToEnd(member.status);
    return end === null ? [] : [{ member, end }];
  });
  const [first] = ends.sort((one, other) => Date.parse(one.end) - Date.parse(other.end));
  if (first === undefined) return [];
  const mark = isOverdue(first.member, view) ? '?' : '';
  return [`Certificates: the first to expire is on ${first.member.name}: ${endOf(first.end, times)}${mark}`];
}

/** How old the newest snapshot is, and the last rehearsal of a restore. Nothing before the cluster is founded. */
export function snapshotsLine(
  { newestSnapshot, rehearsed, clusterId }: ClusterStatusView,
  times: Times,
): readonly string[] {
  if (newestSnapshot === undefined && clusterId === null) return [];
  const newest =
    newestSnapshot === undefined
      ? 'none of the present data yet'
      : `the newest was taken ${pastTime(newestSnapshot.takenAt, times)} (${newestSnapshot.id})`;
  const drill = rehearsed === undefined ? [] : [`a restore was rehearsed ${pastTime(rehearsed.at, times)}`];
  return [`Snapshots: ${[newest, ...drill].join('; ')}`];
}
