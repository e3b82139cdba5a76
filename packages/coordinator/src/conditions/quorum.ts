import { happening } from '@picket/shared/events/event.ts';
import { isoTimeOrNull } from '@picket/shared/iso-time.ts';
import type { Seen } from '@picket/shared/problems/lasting.ts';
import { answersReads } from '@picket/shared/protocol/etcd-health.ts';
import type { NodeStatus } from '@picket/shared/protocol/report.ts';
import type { ClusterConditions } from '../model/conditions.ts';
import { isQuorumDenied } from '../model/denied-quorum.ts';
import { electorate, voters } from '../model/health.ts';
import type { Instant } from '../model/instant.ts';
import { nodeNames } from '../model/member-names.ts';
import { freshFor } from '../model/waits.ts';
import { type Change, changed } from './change.ts';
import { type ConditionsSituation, knowsSilence, presentReport } from './sight.ts';

export interface QuorumSeen {
  /** null: it is not known, or there is no voter. */
  readonly state: 'served' | 'lost' | 'unknown' | null;
  readonly able: number;
  readonly all: number;
  readonly quorum: number;
  /** When a member last answered a linearizable read, by present reports. */
  readonly readAt: Instant | null;
}

/**
 * Whether etcd has a quorum, by present reports. A fresh linearizable read proves one (R16). It is lost if so many voters
 * report an etcd that is down, or that has no leader, that the others are no majority; and if each voter that reports says
 * so, and the others have been silent for long. Otherwise it is unknown: etcd may serve where no agent reports, or where it
 * refuses its agent. A read that most voters deny counts for nothing. Pure.
 *
 * @param disturbed the members where Picket itself stops etcd for a moment: if that alone takes the quorum, it is planned
 */
export function quorumSeen(
  situation: ConditionsSituation,
  lastRead: Instant | null,
  disturbed: (member: string) => boolean,
): QuorumSeen {
  const { status } = situation;
  const reports = voters(situation).map(([name]) => ({ name, report: presentReport(status.nodes[name], situation) }));
  const reads = (isQuorumDenied(situation) ? [] : nodeNames(situation)).flatMap((name) => {
    const report = presentReport(status.nodes[name], situation);
    return report !== null && answersReads(report.status) ? [report.receivedAt] : [];
  });
  const able = reports.filter(({ report }) => report !== null && answersReads(report.status)).length;
  const down = reports.filter(({ report }) => report !== null && isDown(report.status)).length;
  const { all, quorum } = electorate(situation);
  const counted = { able, all, quorum, readAt: reads.length === 0 ? null : Math.max(...reads) };
  if (all === 0) return { ...counted, state: null };
  if (reads.length > 0) return { ...counted, state: 'served' };
  const planned = reports.filter(({ name }) => disturbed(name)).length;
  if (all - planned < quorum) return { ...counted, state: null };
  if (all - down < quorum) return { ...counted, state: 'lost' };
  const { now, runsFor } = situation;
  const isLong = lastRead === null || now - lastRead > freshFor;
  if (!isLong || !knowsSilence(runsFor)) return { ...counted, state: null };
  const heard = reports.filter(({ report }) => report !== null).length;
  return { ...counted, state: down > 0 && down === heard ? 'lost' : 'unknown' };
}

/** An etcd that runs and does not answer its agent may serve others (R16). */
function isDown({ etcd, service }: NodeStatus): boolean {
  if (answersReads({ etcd, service })) return false;
  return etcd === null ? service.state !== 'running' : etcd.leader === '0' || !etcd.linearizableRead;
}

/**
 * Once it is known to be lost, it is until a quorum serves again.
 *
 * @param lastRead when a member last answered a linearizable read; null if that is not known
 */
export function quorumChange(
  state: ClusterConditions,
  { state: seen, able, all, quorum }: QuorumSeen,
  lastRead: Instant | null,
  now: Instant,
): Change<ClusterConditions> {
  if (seen === null && all > 0) return { after: state, events: [] };
  const isMissing = seen === 'lost' || seen === 'unknown';
  const isLost = isMissing && (seen === 'lost' || 'no-quorum' in state.lasting);
  const facts = { able, all, quorum, lastRead: isoTimeOrNull(lastRead) };
  const problem = (code: 'no-quorum' | 'unknown', lasts: boolean, kind: 'quorum-lost' | 'quorum-unknown'): Seen => ({
    code,
    lasts,
    since: state.lasting.unknown ?? Math.min(lastRead ?? now, now),
    begins: () => happening(kind, facts),
    ends: (forMs) => (all === 0 ? null : happening('quorum-regained', { forMs, known: code === 'no-quorum' })),
  });
  return changed(
    state,
    [problem('no-quorum', isLost, 'quorum-lost'), problem('unknown', isMissing, 'quorum-unknown')],
    now,
  );
}
