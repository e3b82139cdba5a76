import { messageOf } from '@picket/shared/problems.ts';
import type { BackupCopy } from '@picket/shared/protocol/backup-copies.ts';
import type { NodeStatus } from '@picket/shared/protocol/report.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import { noteEviction } from '../coordinator/eviction.ts';
import { retryWaitMs } from '../coordinator/retry-wait.ts';
import { doubtNow, sleepWhileInDoubt } from '../coordinator/time-in-doubt.ts';
import { advancedFloor } from '../model/clock-doubt.ts';
import { unobserved } from '../report/report-status.ts';
import type { Agent } from './agent.ts';
import type { Bell } from './bell.ts';

/** How often to check whether a report is due. */
const tickMs = 5000;
/** A report brings the next order before an observation finds something new to report: this only limits a fault. */
const betweenReportsMs = 50;
/** An advancing clock is not worth a write to an SD card more often than this. */
const floorStepMs = 3600 * 1000;
/** An observation older than this, a few ticks, is not reported as current. */
const staleMs = 20_000;

/**
 * The status to report, without observations that are too old: an observation may hang, for example on a dying disk.
 */
function statusNow({ memory, deps }: Agent): NodeStatus | null {
  const { status, observedAt } = memory.current;
  if (status === null || status.etcd === null) return status;
  if (deps.host.clock.monotonic() - observedAt <= staleMs) return status;
  return unobserved(status, null, reason('look_hangs'));
}

/** Reports what is new, and regularly even without news. If the coordinator is away, retries. */
export async function reportLoop(
  agent: Agent,
  reports: Bell,
  onEviction: () => void,
  signal: AbortSignal,
): Promise<void> {
  const { deps, reporter } = agent;
  const { clock } = deps.host;
  let failures = 0;
  while (!signal.aborted) {
    const status = statusNow(agent);
    if (status === null || !reporter.isDue(status)) {
      const left = Math.max(0, reporter.dueAt() - clock.monotonic());
      await reports.wait(Math.min(tickMs, Math.max(left, betweenReportsMs)));
      continue;
    }
    try {
      const backupCopy = await sendReport(agent, status);
      if (backupCopy !== null) deps.keepBackupCopy?.(backupCopy);
      failures = 0;
      await clock.sleep(betweenReportsMs, signal);
    } catch (error) {
      if (noteEviction(agent, error)) onEviction();
      failures += 1;
      if (failures === 1 && doubtNow(agent) === null)
        deps.log.warn({ problem: messageOf(error) }, 'no report to the coordinator');
      await sleepWhileInDoubt(agent, retryWaitMs(error, failures, deps.random()), signal);
    }
  }
}

/** Sends a report and records the time in the answer (R14). Resolves to the backup that this node is to copy. Rejects as the client does. */
export async function sendReport(agent: Agent, status: NodeStatus): Promise<BackupCopy | null> {
  const { deps, memory, journal, reporter } = agent;
  const { clock } = deps.host;
  const { coordinatorTime, backupCopy } = await reporter.send(status);
  memory.remember({ kind: 'time', time: coordinatorTime, rough: false });
  const known = journal.current().clockFloor;
  const floor = advancedFloor({
    now: clock.now(),
    monotonic: clock.monotonic(),
    buildTime: deps.buildTime,
    floor: known,
    coordinator: coordinatorTime,
  });
  if (floor - known >= floorStepMs) {
    // The report was accepted anyway; a later one moves the floor.
    await journal
      .update((before) => ({ ...before, clockFloor: Math.max(before.clockFloor, floor) }))
      .catch((error: unknown) => deps.log.warn({ problem: messageOf(error) }, 'the time could not be recorded'));
  }
  return backupCopy;
}

/** The last report may take this long after the signal to stop. An init system waits 20 s before it kills the agent. */
const goodbyeMs = 3000;

/**
 * Sends the last report of this run, which says whether the agent stops alone or with its machine. Without this report
 * the node is only silent, as after a power cut. Never rejects, ends three seconds after the signal at the latest, and
 * does not try a coordinator that has not answered the last report: no shutdown of a machine waits for it.
 *
 * @param signalledAt monotonic milliseconds
 */
export async function sayGoodbye(agent: Agent, signalledAt: number): Promise<void> {
  const { deps, reporter } = agent;
  const { clock, isShuttingDown } = deps.host;
  const status = statusNow(agent);
  const left = signalledAt + goodbyeMs - clock.monotonic();
  if (status === null || left <= 0 || !reporter.isAnswered()) return;
  const told = new AbortController();
  const send = async (): Promise<void> => {
    const stops = (await isShuttingDown()) ? 'machine' : 'agent';
    if (!told.signal.aborted) await reporter.send({ ...status, agent: { ...status.agent, stops } });
  };
  const sent = send().catch((error: unknown) =>
    deps.log.info({ problem: messageOf(error) }, 'the coordinator was not told that this agent stops'),
  );
  await Promise.race([sent, clock.sleep(left, told.signal)]);
  told.abort();
}
