import type { Instant } from '../model/instant.ts';
import { type Figures, together } from './figures.ts';

/** A point lasts so long, in milliseconds: `fine` ones of a day, `coarse` ones of 30 days. */
export const steps = { fine: 5 * 60_000, coarse: 60 * 60_000 } as const;
/** So many points of each are kept. */
export const most = { fine: 288, coarse: 720 } as const;

export type Resolution = keyof typeof steps;

export interface Point {
  /** Counts the steps since 1970. */
  readonly slot: number;
  readonly figures: Figures;
}

/** The history of one member: of each resolution, the points in the order of time, none twice. */
export type Ring = Readonly<Record<Resolution, readonly Point[]>>;

export const emptyRing: Ring = { fine: [], coarse: [] };

export function slotOf(at: Instant, resolution: Resolution): number {
  return Math.max(0, Math.floor(at / steps[resolution]));
}

export function startOf(slot: number, resolution: Resolution): Instant {
  return slot * steps[resolution];
}

/** The history with these fine points, each of them new or a further part of a known one. Pure. */
export function withPoints(ring: Ring, points: readonly Point[], now: Instant): Ring {
  const coarse = points.map(({ slot, figures }) => ({ slot: slotOf(startOf(slot, 'fine'), 'coarse'), figures }));
  return { fine: kept(ring.fine, points, 'fine', now), coarse: kept(ring.coarse, coarse, 'coarse', now) };
}

function kept(
  before: readonly Point[],
  points: readonly Point[],
  resolution: Resolution,
  now: Instant,
): readonly Point[] {
  const bySlot = new Map(before.map(({ slot, figures }) => [slot, figures]));
  for (const { slot, figures } of points) {
    const known = bySlot.get(slot);
    bySlot.set(slot, known === undefined ? figures : together(known, figures));
  }
  const sorted = [...bySlot].map(([slot, figures]) => ({ slot, figures })).sort((one, other) => one.slot - other.slot);
  return bounded(sorted, most[resolution], slotOf(now, resolution));
}

/**
 * The clock of the coordinator may have been wrong for a while. Points of the future go first, so that they do not stay until
 * their time has come, and each of them has cost one older point at most.
 */
function bounded(sorted: readonly Point[], atMost: number, present: number): readonly Point[] {
  const excess = Math.max(0, sorted.length - atMost);
  const ofFuture = Math.min(excess, sorted.filter(({ slot }) => slot > present).length);
  return sorted.slice(excess - ofFuture, sorted.length - ofFuture);
}
