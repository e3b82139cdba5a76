import { alarms } from '@picket/shared/problems/catalogue.ts';
import type { Severity } from '@picket/shared/protocol/notifications.ts';
import { reasonWithin } from '@picket/shared/reasons/within.ts';
import type { Known, Message, NotifiedProblem, ShownProblem } from '../model/notifications.ts';
import { type Clocks, debouncedNow, isSteadyAs, type Sighted } from './debounce.ts';
import { flappingAfter, isNews } from './flapping.ts';
import type { Problem } from './problem.ts';
import { isOpen, isSettled, type Patience, type Watched } from './watch.ts';

/** Which problems a channel wants. */
export interface Filter {
  /** null: all, and the coordinator's own. */
  readonly clusters: readonly string[] | null;
  readonly severity: Severity;
}

/** The moment of a decision. */
export interface Moment extends Clocks {
  /** Of the message, if there is one. */
  readonly id: string;
}

/** How many problems a receiver knows of at most (R18): each is stored. */
export const mostNotified = 200;
/** Of them, so many are only for critical problems: warnings without number hide none. */
export const keptForCritical = 50;
/** A message shows so many problems in full: a power cut of a thousand machines is one short message. */
const mostShown = 20;
/** By `sizeOf`. Texts of nodes are in some reasons. */
const largestWhy = 2000;

/**
 * What a receiver must be sent so that it knows what is wrong now; null if it knows. It compares what is wrong with what
 * the receiver knows, so nothing is repeated and nothing is missed, whatever failed in between. Pure.
 */
export function messageFor(
  { notified, changes }: Known,
  sighted: Sighted,
  channel: Filter,
  { id, ...clocks }: Moment,
  patience: Patience,
): Message | null {
  const { watch, sightOf, watchedForMs } = sighted;
  const { at, monotonic } = clocks;
  const known = new Map(notified.map((one) => [one.key, one]));
  const steadyAs = (one: NotifiedProblem, rule: string | null) =>
    isSteadyAs(rule, debouncedNow(one, sighted, clocks, patience), at, patience);
  const isSteady = ({ problem: { key, rule } }: Watched) => {
    const before = known.get(key);
    return before?.flapping !== undefined && steadyAs(before, rule);
  };
  const changesOf = new Map(changes.map((one) => [one.key, one]));
  const over = notified.flatMap((one) => {
    if (watchedForMs < patience.listensForMs) return [];
    const watched = watch.get(one.key);
    const sight = watched !== undefined && isOpen(watched, monotonic, patience) ? 'blind' : sightOf(one);
    if (sight === 'clear' && one.flapping !== undefined && !steadyAs(one, null)) return [];
    return sight === 'blind' ? [] : [{ ...one, gone: sight === 'gone' }];
  });
  const due = [...watch.values()].filter((one) => {
    const before = known.get(one.problem.key);
    const isKnown = before !== undefined;
    return (
      one.isSeen &&
      isNews(one, before, isSteady(one)) &&
      isWanted(one.problem, channel, isKnown) &&
      (isSteady(one) || isSettled(one, isKnown, monotonic, patience))
    );
  });
  const notifiedOf = (one: Watched): NotifiedProblem => {
    const { key, cluster, name, rule } = one.problem;
    const moment = { isSteady: isSteady(one), at };
    const flapping = flappingAfter(one, known.get(key), changesOf.get(key), moment);
    return { key, cluster, name, rule, since: one.since, ...(flapping && { flapping }) };
  };
  const shownOf = (one: Watched): ShownProblem => {
    const { key, why, next } = one.problem;
    const after = notifiedOf(one);
    const flapsNoMore = known.get(key)?.flapping !== undefined && after.flapping === undefined;
    return { ...after, why: reasonWithin(why, largestWhy), next, ...(flapsNoMore && { isSteady: true }) };
  };
  const [changed, added] = [true, false].map((isKnown) =>
    due.filter(({ problem }) => known.has(problem.key) === isKnown).sort(byUrgency),
  ) as [Watched[], Watched[]];
  const room = Math.max(0, mostNotified - notified.length + over.length);
  const listed = added.filter((one, index) => index < (isCritical(one) ? room : room - keptForCritical));
  const sent = [...changed, ...listed].sort(byUrgency);
  if (sent.length === 0 && over.length === 0) return null;
  return {
    id,
    at,
    shown: sent.slice(0, mostShown).map(shownOf),
    others: sent.slice(mostShown).map(notifiedOf),
    over,
    unlisted: added.length - listed.length,
  };
}

/** What the receiver knows once it has this message. Pure. */
export function notifiedAfter(
  notified: readonly NotifiedProblem[],
  { shown, others, over }: Message,
): readonly NotifiedProblem[] {
  const after = new Map(notified.map((one) => [one.key, one]));
  for (const { key } of over) after.delete(key);
  for (const { key, cluster, name, rule, since, flapping } of [...shown, ...others])
    after.set(key, { key, cluster, name, rule, since, ...(flapping && { flapping }) });
  return [...after.values()];
}

/** One that has become milder is of interest to whoever knows the worse. */
function isWanted({ cluster, rule }: Problem, { clusters, severity }: Filter, isKnown: boolean): boolean {
  if (clusters !== null && (cluster === null || !clusters.includes(cluster))) return false;
  return isKnown || severity === 'warning' || alarms[rule].severity === 'critical';
}

function byUrgency(one: Watched, other: Watched): number {
  const rank = (watched: Watched) => (isCritical(watched) ? 0 : 1);
  return rank(one) - rank(other) || one.since - other.since || (one.problem.key < other.problem.key ? -1 : 1);
}

function isCritical({ problem }: Watched): boolean {
  return alarms[problem.rule].severity === 'critical';
}
