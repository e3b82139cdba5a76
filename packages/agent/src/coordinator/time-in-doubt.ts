import type { ReportAnswer, ReportRequest } from '@picket/shared/protocol/report.ts';
import type { AnyReason } from '@picket/shared/reasons/reason.ts';
import { type CoordinatorTime, clockDoubt } from '../model/clock-doubt.ts';
import type { Talk } from './heard.ts';

/** How soon the agent notices that the clock has been corrected. */
const lookMs = 2000;

/** Why this machine's clock cannot be right, by all that is known now; null if it can (R14). */
export function doubtNow({ deps, journal, memory }: Talk): AnyReason | null {
  const { clock } = deps.host;
  return clockDoubt({
    now: clock.now(),
    monotonic: clock.monotonic(),
    buildTime: deps.buildTime,
    floor: journal.current().clockFloor,
    coordinator: memory.current.coordinatorTime,
  });
}

/**
 * True if a call failed because this machine's clock is wrong. TLS checks the dates of the coordinator's certificate by
 * that clock. So if the dates were the reason, ask the coordinator for the time without checking them.
 */
export async function isClockToBlame(talk: Talk, error: unknown): Promise<boolean> {
  if (!isAboutDates(error)) return false;
  const { deps, memory } = talk;
  const { coordinatorTime: known } = memory.current;
  // A time from a connection with checked dates is better.
  const received = known === null || known.undated === true ? deps.undated.time(passed(talk)) : Promise.resolve(null);
  const at = await received.catch(() => null);
  if (at !== null) {
    const time = toTheSecond(at, deps.host.clock.monotonic(), { undated: true });
    memory.remember({ kind: 'time', time, rough: true });
  }
  return doubtNow(talk) !== null;
}

/**
 * Reports also while this clock is wrong, so that the coordinator knows what its node waits for. A status from before
 * the coordinator's time was known is not sent: it may rely on wrong dates.
 */
export async function reportInDoubt(
  talk: Talk,
  request: ReportRequest,
): Promise<ReportAnswer & { readonly undated?: true }> {
  const { deps, memory } = talk;
  try {
    return await deps.coordinator.report(request);
  } catch (error) {
    const knewTime = memory.current.coordinatorTime !== null;
    if (!(await isClockToBlame(talk, error)) || !knewTime) throw error;
    return { ...(await deps.undated.report(request, passed(talk))), undated: true };
  }
}

/** Waits this long, but while the clock is in doubt at most as long as that. */
export async function sleepWhileInDoubt(talk: Talk, ms: number, signal: AbortSignal): Promise<void> {
  const { clock } = talk.deps.host;
  const end = clock.monotonic() + ms;
  const doubted = doubtNow(talk) !== null;
  while (!signal.aborted) {
    const left = end - clock.monotonic();
    if (left <= 0 || (doubted && doubtNow(talk) === null)) return;
    await clock.sleep(doubted ? Math.min(lookMs, left) : left, signal);
  }
}

/** The coordinator's time is known to the second only. */
export function toTheSecond(at: number, monotonic: number, how: { readonly undated?: true } = {}): CoordinatorTime {
  return { at: at + 500, monotonic, ...how };
}

function passed({ deps, journal }: Talk): number {
  return Math.max(deps.buildTime, journal.current().clockFloor);
}

function isAboutDates(error: unknown): boolean {
  const cause: unknown = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return code === 'CERT_NOT_YET_VALID' || code === 'CERT_HAS_EXPIRED';
}
