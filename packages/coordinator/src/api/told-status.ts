import type { NodeStatus } from '@picket/shared/protocol/report.ts';
import type { Told } from '@picket/shared/protocol/told.ts';
import type { ToldStatus } from '@picket/shared/protocol/told-status.ts';
import { longestSentence } from '@picket/shared/protocol/words.ts';
import { cutText } from '@picket/shared/reasons/cut-text.ts';
import { inWords } from '@picket/shared/reasons/in-words.ts';
import { type AnyReason, type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { sizeOf } from '@picket/shared/reasons/within.ts';
import { reportWithin } from '../model/report-within.ts';
import { fairShare, octetsOf } from './octets-of.ts';
import { toldWithin } from './told-within.ts';

const mib = 1024 * 1024;
/** Octets of all reports in one status. With its sentences and what is beside the reports, a status has at most 4 MiB. */
const mostOfReports = 2.5 * mib;
const mostOfSentences = 0.5 * mib;

interface Shown {
  readonly status: NodeStatus | null;
}

/**
 * The members and clients of a status with the message of each reason that they reported, which no nodes can make larger than
 * clients read (R18). If there is too little room, what has the most text is shown with less of it, and says so: the states,
 * versions and figures of each node always remain.
 */
export function toldNodes<Member extends Shown, Client extends Shown>(
  members: readonly Member[],
  clients: readonly Client[],
) {
  const sizes = [...members, ...clients].map(({ status }) => octetsOf(status && toldStatus(status)));
  const share = fairShare(sizes, mostOfReports);
  const within = <View extends Shown>({ status, ...view }: View) => ({
    ...view,
    status: status && toldStatusWithin(status, share),
  });
  return { members: members.map(within), clients: clients.map(within) };
}

/** What a status says of the whole cluster, as much as has room in it. */
export function toldInStatus(reasons: readonly Reason[]): Told[] {
  return toldWithin(reasons, {
    most: mostOfSentences,
    sizeOf: octetsOf,
    more: (count) => reason('more_told', { count }),
  });
}

function toldStatusWithin(status: NodeStatus, share: number): ToldStatus {
  if (share === Number.POSITIVE_INFINITY) return toldStatus(status);
  const more = told(reason('more_reported'));
  // What is too large without its words needs none to see that.
  const shorter = reportWithin(status, (one) => sizeOf(one) <= share && octetsOf(toldStatus(one)) <= share);
  const { agent, ...rest } = toldStatus(shorter);
  return { ...rest, agent: shorter === status ? agent : { ...agent, waits: [...agent.waits, more] } };
}

function toldStatus(status: NodeStatus): ToldStatus {
  const { agent, service, lastStep, lastSnapshot, lastMaintenance, restoreTool, ...rest } = status;
  return {
    ...rest,
    agent: { ...agent, waits: agent.waits.map(told) },
    service: toldService(service),
    lastStep: lastStep && { ...lastStep, reason: told(lastStep.reason) },
    ...(lastSnapshot && { lastSnapshot: { ...lastSnapshot, reason: toldOrNull(lastSnapshot.reason) } }),
    ...(lastMaintenance && { lastMaintenance: { ...lastMaintenance, reason: toldOrNull(lastMaintenance.reason) } }),
    ...(restoreTool && { restoreTool: { ...restoreTool, obstacle: toldOrNull(restoreTool.obstacle) } }),
  };
}

function toldService({ holdRefused, logFacts, ...service }: NodeStatus['service']): ToldStatus['service'] {
  return {
    ...service,
    reason: toldOrNull(service.reason),
    rejected: toldOrNull(service.rejected),
    ...(holdRefused && { holdRefused: { ...holdRefused, reason: told(holdRefused.reason) } }),
    ...(logFacts && { logFacts: logFacts.map(({ reason, at }) => ({ reason: told(reason), at })) }),
  };
}

function toldOrNull(reason: AnyReason | null) {
  return reason && told(reason);
}

function told({ code, facts }: AnyReason) {
  return { code, facts, message: cutText(inWords({ code, facts }), longestSentence) };
}
