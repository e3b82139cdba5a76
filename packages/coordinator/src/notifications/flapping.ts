import type { Instant } from '../model/instant.ts';
import type { Changes, Message } from '../model/notifications.ts';

const withinMs = 3_600_000;
/** A problem flaps from so many messages within an hour on: each says that it has begun, changed or ended. */
export const flapsFrom = 5;
/** For how long a problem that flaps must stay as it is. */
export const steadyAfterMs = 30 * 60_000;
/** Of so many problems the changes are stored for a receiver (R18). */
export const mostCounted = 200;

/** Whether one more change at this moment is one too many. Pure. */
export function isOneTooMany(changes: Changes | undefined, at: Instant): boolean {
  return recent(changes?.at ?? [], at).length + 1 >= flapsFrom;
}

/** The changes of the last hour that a receiver knows of once it has this message. Pure. */
export function changesAfter(
  before: readonly Changes[],
  { shown, others, over, at: now }: Message,
): readonly Changes[] {
  const after = new Map(before.map(({ key, at }) => [key, recent(at, now)]));
  for (const { key } of [...shown, ...others, ...over])
    after.set(key, [...(after.get(key) ?? []), now].slice(1 - flapsFrom));
  return (
    [...after]
      .map(([key, at]) => ({ key, at }))
      .filter(({ at }) => at.length > 0)
      // A flood of problems that change once makes none forgotten that flaps.
      .sort((one, other) => other.at.length - one.at.length || (other.at.at(-1) ?? 0) - (one.at.at(-1) ?? 0))
      .slice(0, mostCounted)
  );
}

/** The clock may have been set back since. */
function recent(changes: readonly Instant[], now: Instant): readonly Instant[] {
  return changes.filter((at) => Math.abs(now - at) < withinMs);
}
