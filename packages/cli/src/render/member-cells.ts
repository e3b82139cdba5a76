import type { ClusterStatusView, MemberView } from '@picket/shared/protocol/clusters.ts';
import { isOverdue, isStale, memberHealth, reportAge } from './member-health.ts';
import { marked, type Paint } from './paint.ts';
import { span } from './units.ts';

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

/** How long ago a node reported. */
export function lastReport(member: Reporting, now: number, paint: Paint): string {
  const age = reportAge(member, now);
  if (age === undefined) return '-';
  // If the clock was set back, no report may seem to come from the future.
  const said = `${span(Math.max(0, age))} ago`;
  const stops = member.status?.agent.stops;
  if (stops === 'machine') return paint.doubtful(`${said} (machine off)`);
  return isStale(member, now) ? paint.doubtful(`${said} (${stops === 'agent' ? 'agent stopped' : 'stale'})`) : said;
}
