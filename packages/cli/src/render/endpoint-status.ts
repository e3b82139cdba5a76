import { plain } from '@picket/shared/plain.ts';
import type { ClusterStatusView, MemberView } from '@picket/shared/protocol/clusters.ts';
import { isCatchingUp, isStale, reportAge } from './member-health.ts';
import { renderTable } from './table.ts';
import { byteSize, span } from './units.ts';

const head = [
  'ENDPOINT',
  'ID',
  'VERSION',
  'DB SIZE',
  'IS LEADER',
  'IS LEARNER',
  'RAFT TERM',
  'RAFT INDEX',
  'RAFT APPLIED INDEX',
  'ERRORS',
];

/** The table that `etcdctl endpoint status -w table` prints, made from the last reports of the members. */
export function endpointStatus({ members, now }: ClusterStatusView): string {
  return renderTable(
    head,
    members.map((member) => row(member, Date.parse(now))),
    'as-etcdctl',
  );
}

function row(member: MemberView, now: number): string[] {
  const endpoint = plain(member.clientUrl);
  const etcd = member.status?.etcd ?? null;
  const errors = errorsOf(member, now).map(plain).join(', ');
  if (etcd === null) return [endpoint, ...head.slice(2).map(() => '-'), errors];
  return [
    endpoint,
    plain(etcd.memberId),
    plain(etcd.version),
    byteSize(etcd.dbSizeBytes),
    // After the last report, another member may have become the leader.
    isStale(member, now) ? '-' : String(etcd.leader === etcd.memberId),
    String(etcd.isLearner),
    String(etcd.raftTerm),
    String(etcd.raftIndex),
    String(etcd.raftAppliedIndex),
    errors,
  ];
}

/** The errors that etcd itself would show, and why figures are old or missing. */
function errorsOf(member: MemberView, now: number): string[] {
  const { status } = member;
  const age = reportAge(member, now);
  if (status === null || age === undefined) return [member.nodeId === null ? 'not joined' : 'not reported yet'];
  const { etcd } = status;
  return [
    ...(isStale(member, now) ? [`stale: last report ${span(age)} ago`] : []),
    ...(etcd === null ? [silenceOf(member, status)] : []),
    ...(etcd?.leader === '0' ? ['etcdserver: no leader'] : []),
    ...(etcd?.alarms ?? []),
  ];
}

function silenceOf(member: MemberView, { service }: NonNullable<MemberView['status']>): string {
  if (service.authenticationOn === true) return "etcd's authentication is on";
  if (isCatchingUp(member)) return 'etcd is catching up';
  return `etcd does not answer (${plain(service.state)})`;
}
