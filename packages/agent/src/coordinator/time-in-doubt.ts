import type { ReportAnswer, ReportRequest } from '@picket/shared/protocol/report.ts';
import type { Agent } from '../loop/agent.ts';
import { type CoordinatorTime, clockDoubt } from '../model/clock-doubt.ts';

type Doubter = Pick<Agent, 'deps' | 'journal' | 'memory'>;

/** How soon it is seen that a clock has been set right. */
const lookMs = 2000;

/** Why this machine's clock cannot be right, by all that is known now; or null (R14). */
export function doubtNow({ deps, journal, memory }: Doubter): string | null {
  const { clock } = deps.host;
  return clockDoubt({
    now: clock.now(),
    monotonic: clock.monotonic(),
    buildTime: deps.buildTime,
    floor: journal.current().clockFloor,
    coordinator: memory.coordinatorTime,
  });
}

/**
 * Whether a call failed because this clock is wrong. TLS judges the coordinator's certificate by it, so where the dates
 * were the reason the coordinator is asked for the time without them.
 */
export async function isClockToBlame(agent: Doubter, error: unknown): Promise<boolean> {
  if (!isAboutDates(error)) return false;
  const { deps, memory } = agent;
  const { coordinatorTime: known } = memory;
  // What was told with the dates checked is known better.
  const told = known === null || known.undated === true ? deps.undated.time(passed(agent)) : Promise.resolve(null);
  const at = await told.catch(() => null);
  if (at !== null) memory.coordinatorTime = toTheSecond(at, deps.host.clock.monotonic(), { undated: true });
  return doubtNow(agent) !== null;
}

/**
 * Reports also while this clock is wrong, so that the coordinator knows what its node waits for. A status that was put
 * together before the coordinator had told the time is not sent: it may go by dates that are wrong.
 */
export async function reportInDoubt(
  agent: Doubter,
  request: ReportRequest,
): Promise<ReportAnswer & { readonly undated?: true }> {
  const { deps, memory } = agent;
  try {
    return await deps.coordinator.report(request);
  } catch (error) {
    const knewTime = memory.coordinatorTime !== null;
    if (!(await isClockToBlame(agent, error)) || !knewTime) throw error;
    return { ...(await deps.undated.report(request, passed(agent))), undated: true };
  }
}

/** Waits so long, but while the clock is in doubt no longer than that. */
export async function sleepWhileInDoubt(agent: Doubter, ms: number, signal: AbortSignal): Promise<void> {
  const { clock } = agent.deps.host;
  const end = clock.monotonic() + ms;
  const doubted = doubtNow(agent) !== null;
  while (!signal.aborted) {
    const left = end - clock.monotonic();
    if (left <= 0 || (doubted && doubtNow(agent) === null)) return;
    await clock.sleep(doubted ? Math.min(lookMs, left) : left, signal);
  }
}

/** From a moment of which the coordinator told the second alone. */
export function toTheSecond(at: number, monotonic: number, how: { readonly undated?: true } = {}): CoordinatorTime {
  return { at: at + 500, monotonic, ...how };
}

function passed({ deps, journal }: Doubter): number {
  return Math.max(deps.buildTime, journal.current().clockFloor);
}

function isAboutDates(error: unknown): boolean {
  const cause: unknown = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return code === 'CERT_NOT_YET_VALID' || code === 'CERT_HAS_EXPIRED';
}
