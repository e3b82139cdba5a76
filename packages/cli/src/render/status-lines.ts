import type { ClusterStatusView } from '@picket/shared/protocol/clusters.ts';
import { firstToEnd } from './first-to-end.ts';
import { isOverdue } from './member-health.ts';
import { endOf, span } from './units.ts';

/** Which member's certificates end first. Nothing before a member has reported. */
export function certificatesLine(view: ClusterStatusView): readonly string[] {
  const ends = view.members.flatMap((member) => {
    const end = firstToEnd(member.status);
    return end === null ? [] : [{ member, end }];
  });
  const [first] = ends.sort((one, other) => Date.parse(one.end) - Date.parse(other.end));
  if (first === undefined) return [];
  const mark = isOverdue(first.member, view) ? '?' : '';
  return [`Certificates: ${first.member.name} has the first to end, ${endOf(first.end, Date.parse(view.now))}${mark}`];
}

/** How old the newest snapshot is, and the last rehearsal of a restore. Nothing before the cluster is founded. */
export function snapshotsLine({ newestSnapshot, rehearsed, clusterId, now }: ClusterStatusView): readonly string[] {
  if (newestSnapshot === undefined && clusterId === null) return [];
  const ago = (at: string) => `${span(Math.max(0, Date.parse(now) - Date.parse(at)))} ago`;
  const newest =
    newestSnapshot === undefined
      ? 'none of the present data yet'
      : `the newest was taken ${ago(newestSnapshot.takenAt)} (${newestSnapshot.id})`;
  const drill = rehearsed === undefined ? [] : [`a restore was rehearsed ${ago(rehearsed.at)}`];
  return [`Snapshots: ${[newest, ...drill].join('; ')}`];
}
