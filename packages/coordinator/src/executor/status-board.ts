import { failure } from '@picket/shared/errors.ts';
import type { NodeStatus, ReportRequest } from '@picket/shared/protocol/report.ts';
import type { ReportRecord } from '../inventory/inventory.ts';
import type { Instant } from '../model/instant.ts';
import { clockStepFrom, freshFor, longestSilence } from '../model/waits.ts';
import { isNews, keptEvery } from './report-news.ts';
import { delayOf } from './sending-time.ts';

export interface LatestStatus {
  /**
   * By the wall clock, and not later than it was; who asks whether a node is present takes this one (R2). Of a report that says
   * when it was sent, it is not later than that.
   */
  readonly receivedAt: Instant;
  /** Not earlier than it was; who asks whether a node is silent takes this one (R16). */
  readonly heardAt: Instant;
  /** Until then its agent may not have had the time to report since the start, or since the clock was set (R16). */
  readonly unsureUntil?: Instant;
  /** Read from the store: only a clock that may have been set since tells how old it is, so it gives no permit (R2). */
  readonly isStored: boolean;
  readonly status: NodeStatus;
  /** See NodeObservation; a restarted coordinator counts from the first report that it gets. */
  readonly healthySince: Instant | null;
  readonly unhealthySince: Instant | null;
}

export type StatusBoard = ReturnType<typeof statusBoard>;

interface KnownStatus extends LatestStatus {
  /** The report said when it was sent: it was not sent before `receivedAt`, and neither was a later one. */
  readonly isTimed: boolean;
  /** By this much the wall clock was ahead of the monotonic one when `receivedAt` was last right. */
  readonly clockOffset: number;
  readonly run: number | null;
  readonly sequence: number;
}

interface Clocks {
  readonly now: () => Instant;
  /** Milliseconds on a clock that nobody sets. */
  readonly monotonic: () => number;
  /** Names this process: another one has another monotonic clock. */
  readonly process: string;
}

/**
 * Latest reports live in memory; the store gets them in batches.
 *
 * @param records from the store
 */
export function statusBoard(records: readonly ReportRecord[], { now: wallClock, monotonic, process }: Clocks) {
  const mark = () => ({ process, at: Math.max(0, Math.floor(monotonic())) });
  const offset = (): number => wallClock() - monotonic();
  const statuses = new Map<string, KnownStatus>();
  /** What the store has. */
  const kept = new Map(records.map((record) => [record.nodeId, record]));
  /** The nodes whose report the store does not have. */
  const unkept = new Set<string>();
  /** Those of them that have reported news. */
  const withNews = new Set<string>();
  for (const { nodeId, receivedAt, status } of records) {
    const counts = { healthySince: null, unhealthySince: null, run: null, sequence: 0, isTimed: false };
    // An instant ago, for all that the clock of a process that has just begun can tell.
    const heardAt = wallClock();
    const unsureUntil = heardAt + longestSilence;
    statuses.set(nodeId, {
      receivedAt,
      heardAt,
      unsureUntil,
      isStored: true,
      clockOffset: offset(),
      status,
      ...counts,
    });
  }

  /** Also if the stored report has a later time, since the clock was set back: the store keeps that one for now. */
  function isNewsOf(nodeId: string, { receivedAt, status }: KnownStatus): boolean {
    const stored = kept.get(nodeId);
    return stored === undefined || stored.receivedAt > receivedAt || isNews(stored.status, status);
  }

  function due(): readonly string[] {
    const now = wallClock();
    const quiet = [...unkept].filter((nodeId) => !withNews.has(nodeId));
    const isSilent = (nodeId: string) => now - (statuses.get(nodeId)?.receivedAt ?? now) > freshFor;
    const age = (nodeId: string) => now - (kept.get(nodeId)?.receivedAt ?? 0);
    // A commit costs more than a report: the others that will soon be due go with the first one.
    const atLeast = quiet.some((nodeId) => age(nodeId) >= keptEvery) ? keptEvery / 2 : keptEvery;
    return [...withNews, ...quiet.filter((nodeId) => isSilent(nodeId) || age(nodeId) >= atLeast)];
  }

  return {
    /** What an answer to a report says, so that the next one can tell when it was sent. */
    mark,
    latest: (nodeId: string): LatestStatus | null => statuses.get(nodeId) ?? null,
    /**
     * Takes a report. Throws `report_basis_unknown` if it builds on a report that is not here, `report_superseded` if a
     * later run of the agent has reported, and `invalid_request` if it claims to be whole and is not.
     *
     * @param kept what is kept of the whole status, while so many nodes have reported
     */
    accept(
      nodeId: string,
      report: ReportRequest,
      kept = (status: NodeStatus, _nodes: number): NodeStatus => status,
    ): void {
      const now = wallClock();
      const before = statuses.get(nodeId);
      if (before !== undefined && before.run !== null && report.run < before.run) {
        throw failure('report_superseded', { run: report.run, latest: before.run });
      }
      // A report that was repeated, or overtaken on its way, contains nothing new.
      if (before?.run === report.run && report.sequence <= before.sequence) return;
      const status = kept(merged(before, report), statuses.size + 1);
      // One without a mark may be as old as its connection was idle, which the server bounds.
      const delay = delayOf(report.sent, mark());
      const latest = {
        receivedAt: delay === null ? now : notBefore(before, now - delay, now),
        isTimed: delay !== null,
        heardAt: now,
        isStored: false,
        clockOffset: offset(),
        status,
        healthySince: healthySince(before, status, now),
        unhealthySince: unhealthySince(before, status, now),
        run: report.run,
        sequence: report.sequence,
      };
      statuses.set(nodeId, latest);
      unkept.add(nodeId);
      if (isNewsOf(nodeId, latest)) withNews.add(nodeId);
    },
    /**
     * The wall clock was set: the latest report of this node grows no younger by that, nor is the node silent for longer, and
     * how long it has been healthy or unhealthy is no longer known.
     */
    clockSet(nodeId: string): void {
      const one = statuses.get(nodeId);
      if (one === undefined) return;
      const clockOffset = offset();
      // One that came after the clock was set stays as it is. None grows younger: the machine may have slept.
      const byMs = clockOffset - one.clockOffset;
      const receivedAt = one.receivedAt + Math.min(0, byMs);
      const heardAt = one.heardAt + byMs;
      const unsure = Math.abs(byMs) < clockStepFrom ? {} : { unsureUntil: wallClock() + longestSilence };
      const unknown = { healthySince: null, unhealthySince: null };
      statuses.set(nodeId, { ...one, receivedAt, heardAt, clockOffset, ...unknown, ...unsure });
    },
    /** Forgets a node's reports: another machine may have sent them. */
    forget(nodeId: string): void {
      for (const known of [statuses, kept, unkept, withNews]) known.delete(nodeId);
    },
    /**
     * Latest reports that the store does not have, at most `most` of them. `due`: those with news, the last ones of nodes
     * that have fallen silent, and each of the others once in `keptEvery`.
     */
    takeUnkept(most: number, which: 'due' | 'all'): readonly ReportRecord[] {
      const taken = (which === 'all' ? [...unkept] : due()).slice(0, most);
      return taken.flatMap((nodeId) => {
        unkept.delete(nodeId);
        withNews.delete(nodeId);
        const one = statuses.get(nodeId);
        if (one === undefined) return [];
        const record = { nodeId, receivedAt: one.receivedAt, status: one.status };
        if ((kept.get(nodeId)?.receivedAt ?? 0) <= one.receivedAt) kept.set(nodeId, record);
        return [record];
      });
    },
    /** The store did not take these: the next `takeUnkept` returns them, or newer reports of their nodes. */
    giveBack(records: readonly Pick<ReportRecord, 'nodeId'>[]): void {
      for (const { nodeId } of records) {
        unkept.add(nodeId);
        withNews.add(nodeId);
      }
    },
  };
}

/** A report that was sent later is no older: the store keeps the one with the later time. The clock may have been set back. */
function notBefore(before: KnownStatus | undefined, at: Instant, now: Instant): Instant {
  return before?.isTimed === true && before.receivedAt <= now ? Math.max(at, before.receivedAt) : at;
}

function merged(before: KnownStatus | undefined, report: ReportRequest): NodeStatus {
  const { basis, changed } = report;
  if (basis === null) {
    const { agent, service, etcd, certificates, lastStep, machine } = changed;
    if (!agent || !service || etcd === undefined || !certificates || lastStep === undefined || !machine) {
      throw failure('invalid_request', { problem: 'a report without a basis must carry the whole status' });
    }
    return { ...changed, agent, service, etcd, certificates, lastStep, machine };
  }
  if (before?.run !== report.run || before.sequence !== basis) throw failure('report_basis_unknown', {});
  return { ...before.status, ...changed };
}

function healthySince(before: KnownStatus | undefined, status: NodeStatus, now: Instant): Instant | null {
  if (!callsItselfHealthy(status)) return null;
  if (before === undefined || before.healthySince === null) return now;
  const { restarts, incarnation } = before.status.service;
  const sameIncarnation = restarts === status.service.restarts && incarnation === status.service.incarnation;
  // Later than now: the clock was set back since.
  return sameIncarnation && !endsMaintenance(before.status, status) ? Math.min(before.healthySince, now) : now;
}

/** An etcd that is held back shows nothing about its settings (R17): its time begins once it is started. */
function unhealthySince(before: KnownStatus | undefined, status: NodeStatus, now: Instant): Instant | null {
  if (callsItselfHealthy(status)) return null;
  const heldBack = [before?.status, status].some((one) => one?.service.state === 'held-back');
  return heldBack ? now : (before?.unhealthySince ?? now);
}

/** A defragmenting member serves nobody, and may be quicker than two reports: only the result shows it. */
function endsMaintenance({ lastMaintenance: before }: NodeStatus, { lastMaintenance }: NodeStatus): boolean {
  if (lastMaintenance === undefined || lastMaintenance.outcome === 'begun') return false;
  return before?.id !== lastMaintenance.id || before.outcome !== lastMaintenance.outcome;
}

/** By `/health` alone: `servesAsVoter` also requires a leader and a linearizable read. */
function callsItselfHealthy({ etcd, service }: NodeStatus): boolean {
  return etcd?.healthy === true && service.state === 'running';
}
