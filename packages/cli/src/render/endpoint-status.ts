import type { ClusterStatusView, MemberView } from '@picket/shared/protocol/clusters.ts';
import { isCatchingUp, isOverdue, isStale } from './member-health.ts';
import { etcdctlTable } from './table.ts';
import { byteSize, dateTime } from './units.ts';

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
  return etcdctlTable(
    head,
    view.members.map((member) => row(member, leader, view)),
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
  const { status, reportedAt } = member;
  if (status === null || reportedAt === null) return [member.nodeId === null ? 'not joined' : 'not reported yet'];
  const { etcd } = status;
  return [
    ...(status.agent.stops === 'machine' ? ['machine off'] : []),
    ...(isStale(member, now) ? [`stale: last report ${dateTime(reportedAt)}`] : []),
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

/**
 * The member ID of the leader by the current reports. A raft term has at most one leader, and a member that was cut off
 * still names the leader of an older term: only the highest term counts (Raft, section 5.1).
 *
 * @returns '0' if the members of the highest term see no leader; null if no report is current
 */
export function leaderOf(view: Pick<ClusterStatusView, 'members' | 'now' | 'reportEverySeconds'>): string | null {
  const current = view.members.flatMap((member) => {
    const etcd = member.status?.etcd ?? null;
    return etcd === null || isOverdue(member, view) ? [] : [etcd];
  });
  const term = Math.max(...current.map(({ raftTerm }) => raftTerm));
  const latest = current.filter(({ raftTerm }) => raftTerm === term).map(({ leader }) => leader);
  if (latest.length === 0) return null;
  return latest.find((leader) => leader !== '0') ?? '0';
}
