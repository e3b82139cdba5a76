import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { killAllBelow } from '../test/support/fleet.ts';
import { benches } from './all.ts';
import { readArguments, UsageError, usageOf, type Wanted } from './arguments.ts';
import type { Bench } from './bench.ts';
import { machineInWords } from './machine.ts';
import { measure, type Result, verdictOn } from './measure.ts';
import { scratchFolder } from './scratch.ts';
import { figure, jsonOf, type Measured, missedLine, tableOf } from './table.ts';

// Standard output is for the results alone.
const say = (line: string): void => console.error(line);

async function main(args: readonly string[]): Promise<number> {
  let wanted: Wanted;
  try {
    wanted = readArguments(args, benches);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    say(error.message);
    return 2;
  }
  if (wanted.help) {
    console.log(usageOf(benches));
    return 0;
  }
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopping.abort());

  const machine = machineInWords();
  const measured: Measured[] = [];
  const failures: string[] = [];
  for (const bench of wanted.benches) {
    try {
      const result = await runBench(bench, wanted.runs ?? bench.runs, stopping.signal);
      measured.push({ bench, result });
      if (wanted.json) console.log(jsonOf({ bench, result }, machine));
    } catch (error) {
      if (stopping.signal.aborted) return 130;
      failures.push(`✗ ${bench.name}: ${(error as Error).message}`);
      say(failures.at(-1) ?? '');
    }
  }
  if (!wanted.json && measured.length > 0) console.log(tableOf(measured, machine));
  const missed = measured.filter(({ bench, result }) => verdictOn(result.ratio, bench) === 'missed');
  // Once more, below the table, where they are seen.
  for (const failure of failures) say(failure);
  for (const { bench, result } of missed) say(missedLine(bench, result));
  return failures.length > 0 || (wanted.check && missed.length > 0) ? 1 : 0;
}

/** Runs one bench in a folder of its own; neither a process nor a file of it is left, however it ends. */
async function runBench(bench: Bench, runs: number, signal: AbortSignal): Promise<Result> {
  const folder = await scratchFolder([tmpdir(), '/var/tmp'], `picket-bench-${bench.name}-`);
  const work = prepareAndMeasure(bench, folder, runs, signal);
  try {
    return await orAborted(work, signal);
  } finally {
    await killAllBelow(folder);
    // Interrupted in the middle, it may have started another process just now; without the former ones it ends soon.
    await Promise.race([work.catch(() => undefined), sleep(5_000, undefined, { ref: false })]);
    await killAllBelow(folder);
    await rm(folder, { recursive: true, force: true });
  }
}

async function prepareAndMeasure(bench: Bench, folder: string, runs: number, signal: AbortSignal): Promise<Result> {
  say(`${bench.name}: preparing …`);
  const prepared = await bench.prepare({ folder, signal, say, env: process.env });
  try {
    return await measure(bench, prepared, runs, signal, (side, value) =>
      say(`${bench.name}: ${side} ${figure(value, bench.unit)}`),
    );
  } finally {
    await prepared.close();
  }
}

/** A run can take a minute: a person who presses Ctrl-C does not wait for its end. */
function orAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    work.then(resolve, reject);
  });
}

const code = await main(process.argv.slice(2));
// What a bench left half done when it was interrupted must not keep this process.
process.exit(code);
