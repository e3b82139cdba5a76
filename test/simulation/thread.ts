import { parentPort } from 'node:worker_threads';
import { guardsOf } from './mutants.ts';
import { type Finding, searchBatch } from './search.ts';

export interface Errand {
  readonly seed: number;
  readonly batch: number;
  readonly runs: number;
  readonly mutant: string | undefined;
}

export interface Answer {
  readonly runs: number;
  readonly finding: Finding | null;
}

parentPort?.on('message', ({ seed, batch, runs, mutant }: Errand) => {
  const answer: Answer = { runs, finding: searchBatch(seed, batch, runs, guardsOf(mutant)) };
  parentPort?.postMessage(answer);
});
