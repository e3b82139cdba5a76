import type { NodeStatus } from '@picket/shared/protocol/report.ts';
import { sizeOf } from '@picket/shared/reasons/within.ts';
import { reportWithin } from './report-within.ts';

/** By `sizeOf`, of the reports of all members together, unless `leastOfMember` is more. */
const mostOfAll = 24_000_000;
/** An honest report is far smaller: the log of an etcd that fails has 12,000. */
const mostOfMember = 32_000;
/** The longest list of 50 members, and some text. */
const leastOfMember = 24_000;
/** Longer than any list of 50 members. Without its list, a report decides no membership. */
const mostOfList = 21_000;
const mostOfClient = 8000;
/** A client has two: that for etcd, and its identity. */
const mostCertificates = 4;

/**
 * What is kept of the reports of each kind of node, if so many nodes report (R18). A report that is larger is truncated and never
 * refused: an agent whose reports are refused would be called silent. Pure.
 */
export const keptReport = {
  member(status: NodeStatus, nodes: number) {
    const most = Math.max(leastOfMember, Math.min(mostOfMember, mostOfAll / nodes));
    return reportWithin(withoutLongList(status), (shorter) => sizeOf(shorter) <= most);
  },
  client: (status: NodeStatus, _nodes: number) =>
    reportWithin(withoutEtcd(status), (shorter) => sizeOf(shorter) <= mostOfClient),
} as const;

function withoutLongList(status: NodeStatus): NodeStatus {
  const { etcd } = status;
  return etcd === null || sizeOf(etcd.members) <= mostOfList ? status : { ...status, etcd: { ...etcd, members: null } };
}

/** A client runs no etcd: what it says of one, and of orders to members, is not kept. */
function withoutEtcd({ agent, service, certificates, machine }: NodeStatus): NodeStatus {
  const { state, incarnation, etcdVersion, restarts, reason, restartPending } = service;
  return {
    agent,
    service: {
      ...{ state, incarnation, etcdVersion, restarts, reason, restartPending },
      ...{ lastLog: [], rejected: null },
    },
    etcd: null,
    certificates: certificates.slice(0, mostCertificates),
    lastStep: null,
    machine,
  };
}
