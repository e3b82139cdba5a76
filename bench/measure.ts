import type { Bench, Prepared } from './bench.ts';

/** What a bench came to: the medians of its runs, and all of them in the order they were made. */
export interface Result {
  readonly name: string;
  readonly ours: number;
  readonly peer: number;
  /** ours / peer, of the medians. */
  readonly ratio: number;
  readonly oursRuns: readonly number[];
  readonly peerRuns: readonly number[];
}

export type Verdict = 'goal' | 'inside' | 'missed';

type Side = 'ours' | 'peer';

/** The middle one, or the mean of the two in the middle. Throws RangeError for none at all. */
export function median(figures: readonly number[]): number {
  const sorted = figures.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  if (upper === undefined || lower === undefined) throw new RangeError('no figures');
  return (lower + upper) / 2;
}

/** Who is measured when: both sides in each run, and which of them is first takes turns, so that a drift favours none. */
export function turns(runs: number): readonly Side[] {
  return Array.from({ length: runs }, (_, run): readonly Side[] =>
    run % 2 === 0 ? ['ours', 'peer'] : ['peer', 'ours'],
  ).flat();
}

/** Measures both sides in turns; `told` hears of each figure. Rejects with the signal's reason once that fires. */
export async function measure(
  { name }: Pick<Bench, 'name'>,
  prepared: Pick<Prepared, Side>,
  runs: number,
  signal: AbortSignal,
  told: (side: Side, figure: number) => void,
): Promise<Result> {
  const figures: Record<Side, number[]> = { ours: [], peer: [] };
  for (const side of turns(runs)) {
    signal.throwIfAborted();
    const figure = await prepared[side]();
    if (!(figure > 0 && Number.isFinite(figure))) throw new Error(`${side} measured ${figure}, which is no figure`);
    figures[side].push(figure);
    told(side, figure);
  }
  const [ours, peer] = [median(figures.ours), median(figures.peer)];
  return { name, ours, peer, ratio: ours / peer, oursRuns: figures.ours, peerRuns: figures.peer };
}

/** Where a ratio stands; one that is exactly on a line has arrived there. */
export function verdictOn(ratio: number, { better, reach, goal }: Pick<Bench, 'better' | 'reach' | 'goal'>): Verdict {
  const within = (line: number): boolean => (better === 'lower' ? ratio <= line : ratio >= line);
  if (within(goal)) return 'goal';
  return within(reach) ? 'inside' : 'missed';
}
