// npm run simulate [-- --runs N] [--seeds N] [--seed S] [--path P]: the controller and agents against an adversary, in many histories.
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
const seeds = options.seed === undefined ? freshSeeds(options) : [options.seed];
const looked = options.path === undefined ? `${options.runs} histories` : `The history ${options.path}`;
const finding = await findingOf(options);
if (finding === 'no-history') {
  console.error(`error: The path ${options.path} leads to no history of the seed ${options.seed}.`);
  process.exitCode = 1;
} else if (finding === null) {
  console.log(`${looked}, no violation (${inWords(seeds)})`);
} else {
  tell(finding, options);
  process.exitCode = 1;
}

/** One seed leads to histories that are alike in part, so a search takes several. */
function freshSeeds({ runs, seeds: count }: SimulateOptions): readonly number[] {
  const fresh = Array.from({ length: Math.min(count, runs) }, () => randomInt(largestSeed));
  console.error(inWords(fresh));
  return fresh;
}

function inWords(seeds: readonly number[]): string {
  return `${seeds.length === 1 ? 'seed' : 'seeds'} ${seeds.join(', ')}`;
}

async function findingOf({ path, seed, mutant, runs }: SimulateOptions): Promise<Finding | 'no-history' | null> {
  if (path !== undefined && seed !== undefined) return searchPath(seed, path, guardsOf(mutant));
  return searchAll(errandsOf(seeds, runs, mutant), runs);
}

function tell({ rule, seed, history, path }: Finding, { mutant }: SimulateOptions): void {
  const command = `npm run simulate -- --seed ${seed} --path ${path}${mutant === undefined ? '' : ` --mutant ${mutant}`}`;
  console.log(`${history}\n`);
  console.error(`✗ ${rule} does not hold in this history. The same again:\n  ${command}`);
}

/** As many histories of each seed, in batches; the seeds take turns. */
function errandsOf(seeds: readonly number[], runs: number, mutant: string | undefined): Errand[] {
  const errands = seeds.flatMap((seed, index) => {
    const ofSeed = Math.floor((runs + index) / seeds.length);
    return Array.from({ length: Math.ceil(ofSeed / batchSize) }, (_, batch) => {
      return { seed, batch, runs: Math.min(batchSize, ofSeed - batch * batchSize), mutant };
    });
  });
  return errands.sort((one, other) => one.batch - other.batch);
}

/** Batches are handed to threads one after the other; which thread takes which does not change what is found in it. */
async function searchAll(errands: readonly Errand[], runs: number): Promise<Finding | null> {
  const began = performance.now();
  let [next, done, toldAt] = [0, 0, began];
  const threads: Worker[] = [];

  function nextErrand(): Errand | null {
    const errand = errands[next] ?? null;
    next += 1;
    return errand;
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
        next = errands.length;
        resolve(finding);
      });
      goOn();
    });
  }

  try {
    const wanted = Math.min(availableParallelism(), errands.length);
    const found = await Promise.all(Array.from({ length: wanted }, work));
    return found.find((one) => one !== null) ?? null;
  } finally {
    await Promise.all(threads.map((thread) => thread.terminate()));
  }
}
