/** How many observations there were up to each bound since etcd started. Bounds rise; the last one is infinite. */
export interface Histogram {
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
}

/** Reads one histogram from Prometheus text; null if it is missing or damaged. */
export function readHistogram(text: string, name: string): Histogram | null {
  const bounds: number[] = [];
  const counts: number[] = [];
  for (const [, bound, count] of text.matchAll(new RegExp(`^${name}_bucket\\{le="([^"]+)"\\} (\\S+)$`, 'gm'))) {
    bounds.push(bound === '+Inf' ? Number.POSITIVE_INFINITY : Number(bound));
    counts.push(Number(count));
  }
  const rising = (values: readonly number[]) => values.every((value, index) => value >= (values[index - 1] ?? 0));
  return bounds.at(-1) === Number.POSITIVE_INFINITY && rising(bounds) && rising(counts) ? { bounds, counts } : null;
}

export function observations({ counts }: Histogram): number {
  return counts.at(-1) ?? 0;
}

/** The observations after `earlier`; all of them if `earlier` is missing or etcd has restarted its counters since. */
export function since(later: Histogram, earlier: Histogram | null): Histogram {
  if (earlier === null || earlier.counts.length !== later.counts.length) return later;
  const counts = later.counts.map((count, index) => count - (earlier.counts[index] ?? 0));
  return counts.some((count) => count < 0) ? later : { bounds: later.bounds, counts };
}

/** With so many observations at least: those that are missing are in the lowest bucket. */
export function atLeast({ bounds, counts }: Histogram, many: number): Histogram {
  const missing = Math.max(0, many - observations({ bounds, counts }));
  return { bounds, counts: counts.map((count) => count + missing) };
}

/**
 * The value that `share` of the observations do not exceed, interpolated linearly within its bucket as Prometheus's
 * histogram_quantile does. Beyond the highest finite bound it is that bound. null without observations.
 */
export function quantile({ bounds, counts }: Histogram, share: number): number | null {
  const all = counts.at(-1) ?? 0;
  if (all === 0) return null;
  const rank = share * all;
  const index = counts.findIndex((count) => count >= rank);
  const [below, from] = [counts[index - 1] ?? 0, bounds[index - 1] ?? 0];
  const [upTo, to] = [counts[index] ?? 0, bounds[index] ?? 0];
  return to === Number.POSITIVE_INFINITY ? from : from + ((to - from) * (rank - below)) / (upTo - below);
}
