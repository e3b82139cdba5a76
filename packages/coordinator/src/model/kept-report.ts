import type { NodeStatus } from '@picket/shared/protocol/report.ts';
import { sizeOf } from '@picket/shared/reasons/within.ts';
import { reportWithin } from './report-within.ts';

/** By `sizeOf`. An honest report is far smaller: a list of 50 members has 13,000, the log of an etcd that fails 12,000. */
const mostOfMember = 32_000;
const mostOfClient = 8000;
/** Longer than any list of 50 members. Without its list, a report decides no membership. */
const mostOfList = 24_000;
/** A client has two: that for etcd, and its identity. */
const mostCertificates = 4;

/**
 * What is kept of the reports of each kind of node (R18). A report that is larger is truncated and never refused: an agent whose
 * reports are refused would be called silent. Pure.
 */
export const keptReport = {
  member: (status: NodeStatus) => reportWithin(withoutLongList(status), (shorter) => sizeOf(shorter) <= mostOfMember),
  client: (status: NodeStatus) => reportWithin(withoutEtcd(status), (shorter) => sizeOf(shorter) <= mostOfClient),
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
