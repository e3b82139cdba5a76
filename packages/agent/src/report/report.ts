import type { NodeStatus, ReportAnswer, ReportRequest } from '@picket/shared/protocol/report.ts';
import { codeOf } from '../host/file-failure.ts';
import type { Clock } from '../host/host.ts';
import type { CoordinatorTime } from '../model/clock-doubt.ts';
import type { Failpoint } from '../program/failpoints.ts';

interface ReporterDeps {
  /** Returns `undated` if the dates of the coordinator's certificate could not be judged. */
  readonly coordinator: { report(request: ReportRequest): Promise<ReportAnswer & { readonly undated?: true }> };
  readonly clock: Pick<Clock, 'monotonic'>;
  /** The number of this run of the agent; later runs have higher numbers. */
  readonly run: number;
  /** The number that the first report of this run must exceed. */
  readonly after: number;
  /** Report at least this often; null: the coordinator decides. */
  readonly everySeconds: number | null;
  readonly failpoint: Failpoint;
}

export type Reporter = ReturnType<typeof reporter>;

/** Remembers what has been reported, so that a report holds only what is new. */
export function reporter({ coordinator, clock, run, after, everySeconds, failpoint }: ReporterDeps) {
  let held: { readonly status: NodeStatus; readonly sequence: number } | null = null;
  let sequence = after;
  let awaited: number | null = null;
  let takesLogFacts = false;
  /** The last mark of the coordinator, and when it came. */
  let marked: { readonly mark: NonNullable<ReportAnswer['mark']>; readonly at: number } | null = null;
  let due = Number.NEGATIVE_INFINITY;

  /** A coordinator that has not said that it takes them may be an older one, which would refuse the whole report. */
  function taken(status: NodeStatus): NodeStatus {
    const { logFacts: _facts, ...service } = status.service;
    return takesLogFacts ? status : { ...status, service };
  }

  async function attempt(whole: NodeStatus) {
    const status = taken(whole);
    failpoint('report.before-send');
    sequence += 1;
    const sent = sequence;
    const answer = await coordinator.report({
      run,
      sequence: sent,
      basis: held?.sequence ?? null,
      ...(marked === null ? {} : { sent: { ...marked.mark, after: Math.floor(clock.monotonic() - marked.at) } }),
      changed: delta(held?.status ?? null, status),
    });
    return { answer, sent, status };
  }

  return {
    /** True if this status should be sent now. */
    isDue: (status: NodeStatus) => isUrgent(held?.status ?? null, status, awaited) || clock.monotonic() >= due,
    /** Monotonic milliseconds at which a report is due even if nothing changes. */
    dueAt: () => due,
    /** True if the coordinator has answered the last report. */
    isAnswered: () => held !== null,
    /**
     * Sends what the coordinator does not hold yet. Rejects as the client does; then nothing counts as reported. Resolves to
     * the coordinator's time, and to the backup that this node is to copy.
     */
    async send(whole: NodeStatus) {
      const { answer, sent, status } = await attempt(whole).catch((error: unknown) => {
        const lost = codeOf(error) === 'report_basis_unknown' && held !== null;
        // A report without an answer may or may not have arrived, so the next one holds everything.
        held = null;
        takesLogFacts = false;
        // An older coordinator may have taken its place. If none has answered, this report may still arrive, much later: so may
        // the next one, which needs the mark.
        const isOlder = codeOf(error) === 'invalid_request' && marked !== null;
        if (isOlder) marked = null;
        if (lost || isOlder) return attempt(whole);
        throw error;
      });
      takesLogFacts = answer.takesLogFacts === true;
      const monotonic = clock.monotonic();
      if (answer.mark === undefined) marked = null;
      else marked = { mark: answer.mark, at: monotonic };
      awaited = awaitedIndex(held?.status ?? null, status, awaited);
      held = { status, sequence: sent };
      due = monotonic + Math.min(answer.everySeconds, everySeconds ?? answer.everySeconds) * 1000;
      const undated = answer.undated === true ? { undated: true as const } : {};
      const coordinatorTime: CoordinatorTime = { at: Date.parse(answer.now), monotonic, ...undated };
      // Nothing that a coordinator with unjudged dates says is acted on (R14).
      const backupCopy = answer.undated === true ? null : (answer.backupCopy ?? null);
      return { coordinatorTime, backupCopy };
    },
  };
}

/** The fields that differ from what the coordinator holds; all of them if it holds nothing. */
export function delta(held: NodeStatus | null, status: NodeStatus): ReportRequest['changed'] {
  if (held === null) return status;
  const changed = (Object.keys(status) as (keyof NodeStatus)[]).filter(
    (field) => JSON.stringify(status[field]) !== JSON.stringify(held[field]),
  );
  return Object.fromEntries(changed.map((field) => [field, status[field]]));
}

/**
 * True if a status must be sent at once, and not only when the next report is due. Numbers that always change do not
 * count, nor do the figures of the machine and the log. One exception: after the member list has changed, the
 * coordinator needs a list that was read later than the change. In an idle cluster it would otherwise wait a whole
 * period.
 *
 * @param awaited the raft index at which the last changed list was read; null once a newer list has been reported
 */
export function isUrgent(held: NodeStatus | null, status: NodeStatus, awaited: number | null): boolean {
  if (held === null) return true;
  if (steady(held) !== steady(status)) return true;
  return awaited !== null && status.etcd?.members != null && status.etcd.membersAsOf >= awaited;
}

/** See {@link isUrgent}: what is awaited after this status has been reported. */
export function awaitedIndex(held: NodeStatus | null, reported: NodeStatus, awaited: number | null): number | null {
  const { etcd } = reported;
  if (etcd === null || etcd.members === null) return awaited;
  const changed = JSON.stringify(held?.etcd?.members ?? null) !== JSON.stringify(etcd.members);
  if (changed) return etcd.raftAppliedIndex;
  return awaited !== null && etcd.membersAsOf >= awaited ? null : awaited;
}

function steady({ etcd, machine: _machine, ...others }: NodeStatus): string {
  // An etcd that waits for its peers keeps logging for as long as that takes.
  const { lastLog: _log, logFacts: _facts, ...service } = others.service;
  const status = { ...others, service };
  if (etcd === null) return JSON.stringify(status);
  const { raftIndex: _index, raftAppliedIndex: _applied, membersAsOf: _asOf, ...unnumbered } = etcd;
  const { dbSizeBytes: _size, dbSizeInUseBytes: _inUse, revision: _revision, ...rest } = unnumbered;
  return JSON.stringify({ ...status, etcd: rest });
}
