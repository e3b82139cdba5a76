import { isoTime } from '@picket/shared/iso-time.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';

/** The coordinator's clock in an authenticated answer, and when the answer came. */
export interface CoordinatorTime {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** This node's monotonic clock when the answer came. */
  readonly monotonic: number;
  /** The dates of the coordinator's certificate were judged only by its own clock: see `UndatedCoordinator`. */
  readonly undated?: true;
}

export interface ClockEvidence {
  readonly now: number;
  readonly monotonic: number;
  /** When this agent was built. */
  readonly buildTime: number;
  /** A moment that has surely passed (journal). */
  readonly floor: number;
  readonly coordinator: CoordinatorTime | null;
}

/**
 * More than any time zone that is put into the hardware clock by mistake, and far less than the lifetime of a certificate.
 */
const toleratedMs = 24 * 3600 * 1000;

/**
 * Why this machine's clock cannot be right; null if it can (R14). Boards without a battery start in 1970, or at the
 * time of their last shutdown. Judging a date then would discard good certificates
 * (home-assistant/operating-system#1360).
 */
export function clockDoubt(evidence: ClockEvidence): Reason | null {
  const { now, buildTime, floor, coordinator } = evidence;
  const against = (other: number) => ({ now: toTheHour(now), other: toTheHour(other) });
  if (now < buildTime) return reason('clock_before_build', against(buildTime));
  if (now < floor) return reason('clock_before_floor', against(floor));
  if (coordinator === null) return null;
  const there = coordinator.at + (evidence.monotonic - coordinator.monotonic);
  if (Math.abs(now - there) <= toleratedMs) return null;
  return reason('clock_far_from_coordinator', against(coordinator.at));
}

/** A moment noted by this clock; if the clock was wrong then, the corrected moment by what is known now. */
export function corrected(noted: number, now: number): number {
  return Math.abs(now - noted) <= toleratedMs ? noted : now;
}

/**
 * The moment that has surely passed, after an answer of the coordinator: the earlier of the two clocks if they agree.
 * One wrong clock alone would put every later date in doubt permanently. So would a coordinator's certificate that
 * expired long ago and whose key was stolen.
 */
export function advancedFloor(evidence: ClockEvidence): number {
  const { coordinator } = evidence;
  if (coordinator === null || coordinator.undated === true || clockDoubt(evidence) !== null) return evidence.floor;
  return Math.max(evidence.floor, Math.floor(Math.min(evidence.now, coordinator.at)));
}

/** The agent reports a doubt when it changes, and a clock always changes. */
function toTheHour(ms: number): string {
  return Number.isFinite(ms) && Math.abs(ms) < 8.64e15 ? `${isoTime(ms).slice(0, 13)}h UTC` : String(ms);
}
