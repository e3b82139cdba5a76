import { alarms } from '@picket/shared/problems/catalogue.ts';
import type { Instant } from '../model/instant.ts';
import type { Changes, Message, NotifiedProblem } from '../model/notifications.ts';
import type { Watched } from './watch.ts';

const withinMs = 3_600_000;
/** A problem flaps from so many messages within an hour on: each says that it has begun, changed or ended. */
export const flapsFrom = 5;
/** For how long a problem that flaps must stay as it is. */
export const steadyAfterMs = 30 * 60_000;
/** Of so many problems the changes are stored for a receiver (R18). */
export const mostCounted = 200;

/**
 * Whether a receiver who knows this of the problem does not know what it is now. Of a problem that flaps, that it stays as it is
 * is news, and a critical rule that was not sent since it flaps. Pure.
 */
export function isNews(
  { problem: { rule } }: Watched,
  before: NotifiedProblem | undefined,
  isSteady: boolean,
): boolean {
  if (before?.flapping === undefined) return before?.rule !== rule;
  return isSteady || (alarms[rule].severity === 'critical' && !before.flapping.includes(rule));
}

/** What is to be stored with the problem once it is sent: the rules since it flaps; undefined if it does not. Pure. */
export function flappingAfter(
  { problem: { rule } }: Watched,
  before: NotifiedProblem | undefined,
  changes: Changes | undefined,
  { isSteady, at }: { readonly isSteady: boolean; readonly at: Instant },
): readonly string[] | undefined {
  if (before?.flapping !== undefined) return isSteady ? undefined : [...before.flapping, rule];
  return recent(changes?.at ?? [], at).length + 1 >= flapsFrom ? [rule] : undefined;
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
      // Problems without number that change once push out none that flaps.
      .sort((one, other) => other.at.length - one.at.length || (other.at.at(-1) ?? 0) - (one.at.at(-1) ?? 0))
      .slice(0, mostCounted)
  );
}

/** The clock may have been set back since. */
function recent(changes: readonly Instant[], now: Instant): readonly Instant[] {
  return changes.filter((at) => Math.abs(now - at) < withinMs);
}
