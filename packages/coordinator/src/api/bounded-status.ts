import { messageWriter, rendered } from '@picket/shared/protocol/messages.ts';
import { type NodeStatus, RenderedStatus } from '@picket/shared/protocol/report.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import { sizeOf } from '@picket/shared/reasons/within.ts';
import { reportWithin } from '../model/report-within.ts';
import { octetsOf } from './rendered-within.ts';

/** Octets of all reports in one status. With its sentences and what is beside the reports, a status has at most 4 MiB. */
const mostOfReports = 2.5 * 1024 * 1024;

interface Shown {
  readonly status: NodeStatus | null;
}

/**
 * The members and clients of a status with the message of each reason that they reported, which no nodes can make larger than
 * clients read (R18). If there is too little room, what has the most text is shown with less of it, and says so: the states,
 * versions and figures of each node always remain.
 */
export function renderedNodes<Member extends Shown, Client extends Shown>(
  members: readonly Member[],
  clients: readonly Client[],
) {
  const sizes = [...members, ...clients].map(({ status }) => octetsOf(status && boundedStatus(status)));
  const share = fairShare(sizes, mostOfReports);
  const within = <View extends Shown>(view: View) => ({
    ...view,
    status: view.status && boundedStatusWithin(view.status, share),
  });
  return { members: members.map(within), clients: clients.map(within) };
}

function boundedStatusWithin(status: NodeStatus, share: number): RenderedStatus {
  if (share === Number.POSITIVE_INFINITY) return boundedStatus(status);
  const more = rendered(reason('more_reported'));
  // What is too large without its words needs none to see that.
  const shorter = reportWithin(status, (one) => sizeOf(one) <= share && octetsOf(boundedStatus(one)) <= share);
  const { agent, ...rest } = boundedStatus(shorter);
  return { ...rest, agent: shorter === status ? agent : { ...agent, waits: [...agent.waits, more] } };
}

const tell = messageWriter(RenderedStatus);

function boundedStatus(status: NodeStatus): RenderedStatus {
  return tell?.(status) as RenderedStatus;
}

/**
 * The largest size for each part with which all of them together have at most `most`: a part that needs less leaves the rest
 * to the others. Infinite if all have room. Pure.
 */
function fairShare(sizes: readonly number[], most: number): number {
  let left = most;
  for (const [index, size] of sizes.toSorted((one, other) => one - other).entries()) {
    const share = left / (sizes.length - index);
    if (size > share) return share;
    left -= size;
  }
  return Number.POSITIVE_INFINITY;
}
