// npm run simulate [-- --runs N] [--seed S] [--path P]: the controller and agents against an adversary, in many histories.
import { randomInt } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { optionsOrEnd } from '../support/options.ts';
import { guardsOf, mutants } from './mutants.ts';
import { largestSeed, readOptions, type SimulateOptions, usage } from './options.ts';
import { batchSize, type Finding, searchPath } from './search.ts';
import type { Answer, Errand } from './thread.ts';

const ids = mutants.map(({ id }) => id);
const options = optionsOrEnd(readOptions(process.argv.slice(2), ids), usage);
const seed = options.seed ?? randomInt(largestSeed);
const finding =
  options.path === undefined
    ? await searchAll(options, seed)
    : searchPath(seed, options.path, guardsOf(options.mutant));
if (finding === null) {
  const looked = options.path === undefined ? `${options.runs} histories` : `The history ${options.path}`;
  console.log(`${looked}, no violation (seed ${seed})`);
} else {
  tell(finding, options);
  process.exitCode = 1;
}

function tell({ rule, history, path }: Finding, { mutant }: SimulateOptions): void {
  const command = `npm run simulate -- --seed ${seed} --path ${path}${mutant === undefined ? '' : ` --mutant ${mutant}`}`;
  console.log(`${history}\n`);
  console.error(`✗ ${rule} does not hold in this history. The same again:\n  ${command}`);
}

/** Batches are handed to threads one after the other; which thread takes which does not change what is found in it. */
async function searchAll({ runs, mutant }: SimulateOptions, seed: number): Promise<Finding | null> {
  const batches = Math.ceil(runs / batchSize);
  const began = performance.now();
  let [next, done, toldAt] = [0, 0, began];
  const threads: Worker[] = [];

  function nextErrand(): Errand | null {
    if (next >= batches) return null;
    const batch = next;
    next += 1;
    return { seed, batch, runs: Math.min(batchSize, runs - batch * batchSize), mutant };
  }

  function noteDone(count: number): void {
    done += count;
    if (performance.now() - toldAt < 10_000) return;
    toldAt = performance.now();
    // Standard output is for what was found alone.
    console.error(`${((toldAt - began) / 1000).toFixed(0).padStart(6)} s  ${done} of ${runs} histories`);
  }

  function work(): Promise<Finding | null> {
    const thread = new Worker(new URL('./thread.ts', import.meta.url));
    threads.push(thread);
    return new Promise((resolve, reject) => {
      const goOn = (): void => {
        const errand = nextErrand();
        if (errand === null) resolve(null);
        else thread.postMessage(errand);
      };
      thread.on('error', reject);
      thread.on('message', ({ runs: count, finding }: Answer) => {
        noteDone(count);
        if (finding === null) return goOn();
        next = batches;
        resolve(finding);
      });
      goOn();
    });
  }

  try {
    const wanted = Math.min(availableParallelism(), batches);
    const found = await Promise.all(Array.from({ length: wanted }, work));
    return found.find((one) => one !== null) ?? null;
  } finally {
    await Promise.all(threads.map((thread) => thread.terminate()));
  }
}
