import { parseArgs } from 'node:util';
import { didYouMean } from '@picket/shared/etcd-config/did-you-mean.ts';
import type { Bench } from './bench.ts';

/** What the command line asks for. */
export interface Wanted {
  readonly benches: readonly Bench[];
  readonly json: boolean;
  /** A missed budget is a failure. */
  readonly check: boolean;
  /** Instead of each bench's own. */
  readonly runs: number | null;
  readonly help: boolean;
}

const mostRuns = 1000;

/** What is wrong with the command line, for the person at it. */
export class UsageError extends Error {}

/** Throws {@link UsageError}. Without a name all benches are meant; one named twice runs once. */
export function readArguments(args: readonly string[], all: readonly Bench[]): Wanted {
  const { values, positionals } = parsed(args);
  const chosen = new Set(positionals.map((name) => benchOf(name, all)));
  return {
    benches: all.filter((bench) => chosen.size === 0 || chosen.has(bench)),
    json: values.json,
    check: values.check,
    runs: values.runs === undefined ? null : runsOf(values.runs),
    help: values.help,
  };
}

/** How to call it, and what there is. */
export function usageOf(all: readonly Bench[]): string {
  const width = Math.max(...all.map(({ name }) => name.length));
  return [
    'npm run bench -- [NAME…] [--json] [--runs N] [--check]',
    '  --json    one object a line on standard output: name, ours, peer, ratio, unit, runs, machine',
    '  --runs N  runs of each side; each bench has a number of its own otherwise',
    '  --check   exit status 1 if a ratio is outside of what it must reach at first',
    '',
    ...all.map(({ name, ours, peer }) => `${name.padEnd(width)}  ${ours}, against ${peer}`),
  ].join('\n');
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        check: { type: 'boolean', default: false },
        runs: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}

function benchOf(name: string, all: readonly Bench[]): Bench {
  const bench = all.find((one) => one.name === name);
  if (bench !== undefined) return bench;
  const names = all.map((one) => one.name);
  const meant = didYouMean(name, names);
  throw new UsageError(
    `There is no bench "${name}"; ${meant === undefined ? `there are ${names.join(', ')}` : `did you mean ${meant}?`}`,
  );
}

function runsOf(text: string): number {
  const runs = Number(text);
  if (/^\d+$/.test(text) && runs >= 1 && runs <= mostRuns) return runs;
  throw new UsageError(`--runs must be a whole number from 1 to ${mostRuns}, not "${text}".`);
}
