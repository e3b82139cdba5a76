import type { Figures } from '../../src/history/figures.ts';

/** Figures of which only these are known. */
export function sampleFigures(known: Partial<Figures> = {}): Figures {
  return {
    'db-size': null,
    'db-in-use': null,
    'fsync-p99': null,
    elections: null,
    temperature: null,
    'memory-available': null,
    ...known,
  };
}
