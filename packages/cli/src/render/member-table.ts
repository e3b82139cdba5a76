import type { ClusterStatusView, MemberView } from '@picket/shared/protocol/clusters.ts';
import { leaderOf } from './endpoint-status.ts';
import { lastReport, shownHealth } from './member-cells.ts';
import { isOverdue } from './member-health.ts';
import type { Paint } from './paint.ts';
import { renderTable } from './table.ts';
import { byteSize, type Times } from './units.ts';

/** The members of a cluster in 80 columns, from their last reports. Values of an old report end with `?`. */
export function memberTable(view: ClusterStatusView, times: Times, paint: Paint): string {
  const leader = leaderOf(view);
  return renderTable(
    ['MEMBER', 'ROLE', 'HEALTH', 'ETCD', 'DATABASE', 'REPORT'],
    view.members.map((member) => {
      const etcd = member.status?.etcd ?? null;
      const mark = isOverdue(member, view) ? '?' : '';
      return [
        member.name,
        roleOf(member, leader),
        shownHealth(member, view, paint),
        etcd && `${etcd.version}${mark}`,
        etcd && `${byteSize(etcd.dbSizeBytes)}${mark}`,
        lastReport(member, times, paint),
      ];
    }),
  );
}

/** `picket member list` */
export function memberList(views: readonly ClusterStatusView[], paint: Paint): string {
  const rows = views.flatMap((view) => {
    const leader = leaderOf(view);
    return view.members.map((member) => [
      view.cluster,
      member.name,
      member.address,
      roleOf(member, leader),
      shownHealth(member, view, paint),
      member.nodeId,
    ]);
  });
  if (rows.length === 0) return 'No clusters are declared. `picket cluster create` declares one with its members.';
  return renderTable(['CLUSTER', 'MEMBER', 'ADDRESS', 'ROLE', 'HEALTH', 'NODE'], rows);
}

/** As etcd calls it; before etcd lists the member, how far it has come. */
function roleOf({ phase, memberId, leaving }: MemberView, leader: string | null): string {
  const role = phase === 'voter' && memberId !== null && memberId === leader ? 'leader' : phase;
  return leaving === true ? `${role}, leaves` : role;
}
