import { parseArgs } from 'node:util';
import { type Read, readWith } from '../support/options.ts';

export interface SimulateOptions {
  readonly runs: number;
  /** How many seeds are drawn, unless `seed` says which. */
  readonly seeds: number;
  readonly seed: number | undefined;
  readonly path: string | undefined;
  readonly mutant: string | undefined;
}

export const usage = `Usage: npm run simulate [-- OPTIONS]

  --runs N     histories in all (default 10000)
  --seeds N    from so many seeds (default 10), which are drawn and printed
  --seed S     a whole number: the same histories again, from this seed alone
  --path P     only the history that an earlier run with this seed has found
  --mutant M   without one guard, to see it caught; mutants.ts names them`;

/** What the command line asks for, or what is wrong with it. */
export function readOptions(args: readonly string[], mutants: readonly string[]): Read<SimulateOptions> {
  return readWith(() => {
    const { values } = parseArgs({
      args: [...args],
      options: {
        runs: { type: 'string', default: '10000' },
        seeds: { type: 'string', default: '10' },
        seed: { type: 'string' },
        path: { type: 'string' },
        mutant: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    const { runs, seeds, seed, path, mutant, help } = values;
    if (help) return 'help';
    for (const [name, text] of [['--runs', runs] as const, ['--seeds', seeds] as const]) {
      if (!/^[1-9]\d{0,8}$/.test(text))
        return { problem: `${name} takes a whole number from 1, not ${JSON.stringify(text)}` };
    }
    if (seed !== undefined && (!/^\d{1,10}$/.test(seed) || Number(seed) > largestSeed)) {
      return { problem: `--seed takes a whole number up to ${largestSeed}, not ${JSON.stringify(seed)}` };
    }
    if (path !== undefined && !/^\d+(:\d+)+$/.test(path)) {
      return { problem: `--path takes numbers with colons between them, not ${JSON.stringify(path)}` };
    }
    if (path !== undefined && seed === undefined) return { problem: '--path says nothing without its --seed' };
    if (mutant !== undefined && !mutants.includes(mutant)) {
      return { problem: `--mutant takes one of ${mutants.join(', ')}, not ${JSON.stringify(mutant)}` };
    }
    return {
      ...{ runs: Number(runs), seeds: Number(seeds) },
      ...{ seed: seed === undefined ? undefined : Number(seed), path, mutant },
    };
  });
}

/** fast-check's own seeds have 32 bits with a sign. */
export const largestSeed = 2 ** 31 - 1;
