import type { ReportAnswer, ReportRequest } from '@picket/shared/protocol/report.ts';

type Mark = NonNullable<ReportAnswer['mark']>;

/**
 * For how many milliseconds a report has been on its way at most: the time since the mark, without what the node says to have
 * waited since it got that. So the way of the answer counts too, and a node that lies about its wait can make its report older,
 * and no newer than it is to arrive now. null if the report has no mark of this process. Pure.
 *
 * @param now as a mark of this process
 */
export function delayOf(sent: ReportRequest['sent'], now: Mark): number | null {
  if (sent === undefined || sent.process !== now.process) return null;
  return Math.max(0, now.at - sent.at - sent.after);
}
