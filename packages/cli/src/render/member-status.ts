import type { ClusterStatusView } from '@picket/shared/protocol/clusters.ts';
import { firstToEnd } from './first-to-end.ts';
import { lastReport, type Reporting, shownHealth } from './member-cells.ts';
import { isOverdue } from './member-health.ts';
import type { Paint } from './paint.ts';
import { renderTable } from './table.ts';
import { endOf, type Times } from './units.ts';

const head = ['MEMBER', 'ADDRESS', 'PHASE', 'HEALTH', 'CERTIFICATES END', 'APPLIED', 'LAST REPORT'];

/** What Picket knows about each member in addition to etcd’s own status. Values of an old report end with `?`. */
export function memberStatus(view: ClusterStatusView, times: Times, paint: Paint): string {
  const rows = view.members.map((member) => {
    const mark = isOverdue(member, view) ? '?' : '';
    return [
      member.name,
      member.address,
      `${member.phase}${member.leaving === true ? ', leaves' : ''}`,
      shownHealth(member, view, paint),
      `${certificatesEnd(member, times)}${mark}`,
      `${applied(member)}${mark}`,
      lastReport(member, times, paint),
    ];
  });
  return renderTable(head, rows);
}

/** The machines that are not members and have a client certificate. */
export function clientStatus({ clients }: ClusterStatusView, times: Times, paint: Paint): string {
  return renderTable(
    ['CLIENT', 'NODE', 'CERTIFICATE EXPIRES', 'APPLIED', 'LAST REPORT'],
    clients.map((client) => [
      client.name,
      client.nodeId,
      certificatesEnd(client, times),
      applied(client),
      lastReport(client, times, paint),
    ]),
  );
}

function certificatesEnd({ status }: Reporting, times: Times): string {
  const first = firstToEnd(status);
  return first === null ? '-' : endOf(first, times);
}

/** The generation that the node has applied, and the published one. */
function applied({ status, generation }: Reporting): string {
  if (status === null) return '-';
  return `${status.agent.generationApplied}/${generation}`;
}
