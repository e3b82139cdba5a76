import type { ClusterStatusView, MemberView } from '@picket/shared/protocol/clusters.ts';
import { leaderOf } from './leader.ts';
import { isCatchingUp, isOverdue, isStale, reportAge } from './member-health.ts';
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

/** The table that `etcdctl endpoint status -w table` prints, made from the last reports of the members. Old values end with `?`. */
export function endpointStatus(view: ClusterStatusView): string {
  const leader = leaderOf(view);
  return renderTable(
    head,
    view.members.map((member) => row(member, leader, view)),
    'as-etcdctl',
  );
}

function row(member: MemberView, leader: string | null, view: ClusterStatusView): string[] {
  const etcd = member.status?.etcd ?? null;
  const errors = errorsOf(member, Date.parse(view.now)).join(', ');
  if (etcd === null) return [member.clientUrl, ...head.slice(2).map(() => '-'), errors];
  const mark = isOverdue(member, view) ? '?' : '';
  return [
    member.clientUrl,
    etcd.memberId,
    `${etcd.version}${mark}`,
    `${byteSize(etcd.dbSizeBytes)}${mark}`,
    leader === null ? '?' : `${etcd.memberId === leader}${mark}`,
    `${etcd.isLearner}${mark}`,
    `${etcd.raftTerm}${mark}`,
    `${etcd.raftIndex}${mark}`,
    `${etcd.raftAppliedIndex}${mark}`,
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
    ...(status.agent.stops === 'machine' ? ['machine off'] : []),
    ...(isStale(member, now) ? [`stale: last report ${span(age)} ago`] : []),
    ...(etcd === null ? [silenceOf(member, status)] : []),
    ...(etcd?.leader === '0' ? ['etcdserver: no leader'] : []),
    ...(etcd?.alarms ?? []),
  ];
}

function silenceOf(member: MemberView, { service }: NonNullable<MemberView['status']>): string {
  if (service.authenticationOn === true) return "etcd's authentication is on";
  if (isCatchingUp(member)) return 'etcd is catching up';
  return `etcd does not answer (${service.state})`;
}
