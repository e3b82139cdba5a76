import type { Instant } from '../model/instant.ts';
import type { Debounced, NotifiedProblem } from '../model/notifications.ts';
import type { SightOf } from './problem.ts';
import { isOpen, type Patience, type Watch, type Watched } from './watch.ts';

/** What is known at one moment. */
export interface Sighted {
  readonly watch: Watch;
  readonly sightOf: SightOf;
  /** How long problems have been watched since the start. Milliseconds. */
  readonly watchedForMs: number;
}

/** A moment by both clocks. */
export interface Clocks {
  readonly at: Instant;
  /** Milliseconds on the clock that nobody sets. */
  readonly monotonic: number;
}

/** Moments that differ by less are the same: the two clocks do not run alike. */
const tellsApartMs = 60_000;

/**
 * The rule by which a problem that flaps is seen now, and since when without a change: in this run, or since the stored moment if
 * nothing has changed since the start of this run. So restarts do not delay its last state (R12). null if nobody can tell. Pure.
 */
export function debouncedNow(
  one: NotifiedProblem,
  { watch, sightOf, watchedForMs }: Sighted,
  { at, monotonic }: Clocks,
  patience: Patience,
): Debounced | null {
  if (watchedForMs < patience.listensForMs) return null;
  const watched = watch.get(one.key);
  const isThere = watched !== undefined && isOpen(watched, monotonic, patience);
  if (watched?.isSeen !== true && sightOf(one) === 'blind') return null;
  const rule = isThere ? watched.problem.rule : null;
  const lastsMs = Math.min(watchedForMs, monotonic - changedAt(watched, isThere));
  const { debounced } = one;
  const isUnchanged =
    lastsMs >= watchedForMs - patience.listensForMs && debounced?.rule === rule && debounced.since <= at;
  return { rule, since: Math.min(at - lastsMs, isUnchanged ? debounced.since : at) };
}

function changedAt(watched: Watched | undefined, isThere: boolean): number {
  if (watched === undefined) return Number.NEGATIVE_INFINITY;
  return isThere ? watched.ruleSince : watched.seenAt;
}

/** Whether a problem that flaps has had this rule for long enough to be sent; null: has not been seen. Pure. */
export function isSteadyAs(
  rule: string | null,
  debounced: Debounced | null,
  at: Instant,
  { steadyAfterMs }: Patience,
): boolean {
  return debounced !== null && debounced.rule === rule && at - debounced.since >= steadyAfterMs;
}

/** What the receiver knows, with the {@link Debounced} of each problem that flaps; the same object if they are as stored. Pure. */
export function withDebounced(
  notified: readonly NotifiedProblem[],
  sighted: Sighted,
  clocks: Clocks,
  patience: Patience,
): readonly NotifiedProblem[] {
  let isChanged = false;
  const after = notified.map((one) => {
    if (one.flapping === undefined) return one;
    const debounced = debouncedNow(one, sighted, clocks, patience);
    if (debounced === null || isLike(debounced, one.debounced)) return one;
    isChanged = true;
    return { ...one, debounced };
  });
  return isChanged ? after : notified;
}

function isLike({ rule, since }: Debounced, other: Debounced | undefined): boolean {
  return other !== undefined && other.rule === rule && Math.abs(other.since - since) < tellsApartMs;
}
