import type { Bench } from '../../bench/bench.ts';

/** A bench that measures nothing. */
export function benchWith(changes: Partial<Bench> = {}): Bench {
  return {
    name: 'restart',
    unit: 's',
    better: 'lower',
    ours: 'a restart with Picket',
    peer: 'a bare restart',
    leavesOut: ['The disk is a fast one.'],
    reach: 1.3,
    goal: 1.05,
    runs: 3,
    prepare: () => Promise.reject(new Error('never prepared')),
    ...changes,
  };
}
