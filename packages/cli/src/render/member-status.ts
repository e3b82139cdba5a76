import type { ClusterStatusView, MemberView } from '@picket/shared/protocol/clusters.ts';
import { isOverdue, isStale, type MemberHealth, memberHealth, reportAge } from './member-health.ts';
import type { Paint } from './paint.ts';
import { renderTable } from './table.ts';
import { endOf, span } from './units.ts';

const head = ['MEMBER', 'ADDRESS', 'PHASE', 'HEALTH', 'CERTIFICATES END', 'APPLIED', 'LAST REPORT'];

/** What Picket knows about each member in addition to etcd’s own status. Values of an old report end with `?`. */
export function memberStatus(view: ClusterStatusView, paint: Paint): string {
  const at = Date.parse(view.now);
  const rows = view.members.map((member) => {
    const mark = isOverdue(member, view) ? '?' : '';
    const healthMark = isStale(member, at) || member.status?.agent.stops === 'machine' ? '' : mark;
    return [
      member.name,
      member.address,
      `${member.phase}${member.leaving === true ? ', leaves' : ''}`,
      `${painted(memberHealth(member, at), paint)}${healthMark}${heldOrNot(member)}`,
      `${certificatesEnd(member, at)}${mark}`,
      `${applied(member)}${mark}`,
      lastReport(member, at, paint),
    ];
  });
  return renderTable(head, rows);
}

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

function heldOrNot({ hold }: Pick<MemberView, 'hold'>): string {
  if (hold === null) return '';
  return hold.state === 'ends' ? ', hold ends' : ', held';
}

function painted({ grade, words }: MemberHealth, paint: Paint): string {
  return grade === 'none' ? words : paint[grade](words);
}

/** What a member's row and a client's have in common. */
type Reporting = Pick<MemberView, 'status' | 'generation' | 'reportedAt'>;

/** The end of the server, peer or client certificate that ends first: the node fails then. */
function certificatesEnd({ status }: Reporting, now: number): string {
  const [first] = (status?.certificates ?? [])
    .filter(({ purpose }) => purpose !== 'identity')
    .map(({ notAfter }) => notAfter)
    .sort((one, other) => Date.parse(one) - Date.parse(other));
  return first === undefined ? '-' : endOf(first, now);
}

/** The generation that the node has applied, and the published one. */
function applied({ status, generation }: Reporting): string {
  if (status === null) return '-';
  return `${status.agent.generationApplied}/${generation}`;
}

function lastReport(member: Reporting, now: number, paint: Paint): string {
  const age = reportAge(member, now);
  if (age === undefined) return '-';
  // If the clock was set back, no report may seem to come from the future.
  const said = `${span(Math.max(0, age))} ago`;
  const stops = member.status?.agent.stops;
  if (stops === 'machine') return paint.doubtful(`${said} (machine off)`);
  return isStale(member, now) ? paint.doubtful(`${said} (${stops === 'agent' ? 'agent stopped' : 'stale'})`) : said;
}
