/** The coordinator's clock as an authenticated answer told it, and when that was. */
export interface CoordinatorTime {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** This node's monotonic clock when the answer came. */
  readonly monotonic: number;
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

/** More than any time zone put into the hardware clock by mistake, and far less than a certificate lives. */
const toleratedMs = 24 * 3600 * 1000;

/**
 * Why this machine's clock cannot be right, or null (R14). Boards without a battery wake up in 1970, or where they
 * were switched off; a date judged then would throw away good certificates (home-assistant/operating-system#1360).
 */
export function clockDoubt(evidence: ClockEvidence): string | null {
  const { now, buildTime, floor, coordinator } = evidence;
  const says = `it says ${iso(now)}, which is`;
  if (now < buildTime) return `${says} before this agent was built (${iso(buildTime)}); set it, or wait for time sync`;
  if (now < floor) return `${says} before a moment that has passed here (${iso(floor)}); set it, or wait for time sync`;
  if (coordinator === null) return null;
  const there = coordinator.at + (evidence.monotonic - coordinator.monotonic);
  if (Math.abs(now - there) <= toleratedMs) return null;
  return `${says} far from the coordinator’s ${iso(coordinator.at)}; set whichever is wrong`;
}

/**
 * The moment that has surely passed, after an answer of the coordinator: the earlier of the two clocks where they
 * agree. One clock alone, gone wrong, would put every later date in doubt for good.
 */
export function advancedFloor(evidence: ClockEvidence): number {
  if (evidence.coordinator === null || clockDoubt(evidence) !== null) return evidence.floor;
  return Math.max(evidence.floor, Math.floor(Math.min(evidence.now, evidence.coordinator.at)));
}

/** To the hour: these sentences are reported when they change, and a clock changes always. */
function iso(ms: number): string {
  return Number.isFinite(ms) && Math.abs(ms) < 8.64e15 ? `${new Date(ms).toISOString().slice(0, 13)}h UTC` : String(ms);
}
