import type { ClusterStatusView, MemberView } from '@picket/shared/protocol/clusters.ts';
import { isOverdue, isStale, memberHealth } from './member-health.ts';
import { marked, type Paint } from './paint.ts';
import { pastTime, type Times } from './units.ts';

/** What a member's row and a client's have in common. */
export type Reporting = Pick<MemberView, 'status' | 'generation' | 'reportedAt'>;

/** The health of a member by its last report, and whether it is held. Ends with `?` if that report is old. */
export function shownHealth(member: MemberView, view: ClusterStatusView, paint: Paint): string {
  const at = Date.parse(view.now);
  const { grade, words } = memberHealth(member, at);
  const saysSo = isStale(member, at) || member.status?.agent.stops === 'machine';
  const mark = isOverdue(member, view) && !saysSo ? '?' : '';
  return `${grade === 'none' ? words : marked(grade, words, paint)}${mark}${heldOrNot(member)}`;
}

function heldOrNot({ hold }: Pick<MemberView, 'hold'>): string {
  if (hold === null) return '';
  return hold.state === 'ends' ? ', hold ends' : ', held';
}

/** When a node reported last. */
export function lastReport(member: Reporting, times: Times, paint: Paint): string {
  const { reportedAt, status } = member;
  if (reportedAt === null || status === null) return '-';
  const said = pastTime(reportedAt, times);
  const { stops } = status.agent;
  if (stops === 'machine') return paint.doubtful(`${said} (machine off)`);
  return isStale(member, times.now)
    ? paint.doubtful(`${said} (${stops === 'agent' ? 'agent stopped' : 'stale'})`)
    : said;
}
