import type { Instant } from '../model/instant.ts';

const dayMs = 24 * 3_600_000;

/** Notices tell of the present, and of what happened within a day. The events keep the rest. */
export function isRecent(at: Instant, now: Instant): boolean {
  return now - at < dayMs;
}
