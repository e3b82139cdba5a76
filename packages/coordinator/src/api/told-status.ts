import { messageWriter, told } from '@picket/shared/protocol/messages.ts';
import { type NodeStatus, ToldStatus } from '@picket/shared/protocol/report.ts';
import type { Told } from '@picket/shared/protocol/told.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
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
  const within = <View extends Shown>(view: View) => ({
    ...view,
    status: view.status && toldStatusWithin(view.status, share),
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

const tell = messageWriter(ToldStatus);

function toldStatus(status: NodeStatus): ToldStatus {
  return tell?.(status) as ToldStatus;
}
