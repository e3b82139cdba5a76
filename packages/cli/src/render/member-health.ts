import { isOverdue as isReportOverdue } from '@picket/shared/overdue.ts';
import { freshForSeconds } from '@picket/shared/presence/silence.ts';
import type { ClusterStatusView, MemberView } from '@picket/shared/protocol/clusters.ts';
import { servesAsVoter } from '@picket/shared/protocol/etcd-health.ts';

/** A report older than this says nothing about the present. */
export const freshForMs = freshForSeconds * 1000;

export interface MemberHealth {
  readonly grade: 'good' | 'doubtful' | 'bad' | 'none';
  /** One or two words for a table. */
  readonly words: string;
}

/** The age of the last report; undefined if the node has not reported. */
export function reportAge(member: Pick<MemberView, 'reportedAt' | 'status'>, now: number): number | undefined {
  return member.reportedAt === null || member.status === null ? undefined : now - Date.parse(member.reportedAt);
}

export function isStale(member: Pick<MemberView, 'reportedAt' | 'status'>, now: number): boolean {
  return (reportAge(member, now) ?? 0) > freshForMs;
}

/** The next report should have come: the values of this one are old. */
export function isOverdue(
  member: Pick<MemberView, 'reportedAt' | 'status'>,
  { now, reportEverySeconds }: Pick<ClusterStatusView, 'now' | 'reportEverySeconds'>,
): boolean {
  return isReportOverdue(reportAge(member, Date.parse(now)) ?? 0, reportEverySeconds);
}

/** A learner that has just started: it answers linearizable reads before its status. */
export function isCatchingUp({ phase, status }: Pick<MemberView, 'phase' | 'status'>): boolean {
  return phase === 'learner' && status?.etcd === null && status.service.quorumRead === true;
}

/** The health of a member by its last report. If several things are wrong, the worst one. */
export function memberHealth(member: MemberView, now: number): MemberHealth {
  const { status, phase } = member;
  if (status === null || member.reportedAt === null) return { grade: 'none', words: '-' };
  const { agent, service, etcd } = status;
  if (agent.stops === 'machine') return { grade: 'bad', words: 'machine off' };
  if (isStale(member, now)) return { grade: 'doubtful', words: agent.stops === 'agent' ? 'agent stopped' : 'unknown' };
  if (service.state === 'lost-data') return { grade: 'bad', words: 'lost its data' };
  if (service.dataGone === true) return { grade: 'bad', words: 'data deleted' };
  if (service.damage !== undefined) return { grade: 'bad', words: 'damaged log' };
  if (service.dataDamage !== undefined) return { grade: 'bad', words: 'damaged data' };
  if (service.state === 'held-back') return { grade: 'bad', words: 'held back' };
  if (service.state === 'crashed') return { grade: 'bad', words: 'crashed' };
  if (etcd === null) {
    const expected = phase === 'declared' || phase === 'joined';
    if (service.authenticationOn === true) return { grade: 'doubtful', words: 'authentication' };
    if (isCatchingUp(member)) return { grade: 'doubtful', words: 'learning' };
    if (service.state === 'running') return { grade: 'bad', words: 'no answer' };
    return { grade: expected ? 'none' : 'bad', words: expected ? 'not started' : 'stopped' };
  }
  if (etcd.leader === '0') return { grade: 'bad', words: 'no leader' };
  if (etcd.alarms.length > 0) return { grade: 'bad', words: `alarm ${etcd.alarms.join(', ')}` };
  if (etcd.isLearner) return { grade: 'doubtful', words: 'learning' };
  if (!servesAsVoter(etcd)) return { grade: 'bad', words: 'unhealthy' };
  return { grade: 'good', words: 'healthy' };
}
