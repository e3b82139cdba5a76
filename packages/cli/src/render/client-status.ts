import type { ClusterStatusView } from '@picket/shared/protocol/clusters.ts';
import { applied, certificatesEnd, lastReport } from './member-status.ts';
import type { Paint } from './paint.ts';
import { renderTable } from './table.ts';

/** The machines that are not members and have a client certificate. */
export function clientStatus({ clients, now }: ClusterStatusView, paint: Paint): string {
  const at = Date.parse(now);
  return renderTable(
    ['CLIENT', 'NODE', 'CERTIFICATE ENDS', 'APPLIED', 'LAST REPORT'],
    clients.map((client) => [
      client.name,
      client.nodeId,
      certificatesEnd(client, at),
      applied(client),
      lastReport(client, at, paint),
    ]),
  );
}
