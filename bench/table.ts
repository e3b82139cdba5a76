import type { Bench } from './bench.ts';
import { type Result, verdictOn } from './measure.ts';

const heads = ['bench', 'ours', 'peer', 'ratio', 'reach at first', 'goal', 'verdict'];

/** A bench with what it came to. */
export interface Measured {
  readonly bench: Bench;
  readonly result: Result;
}

/** The table, and under it what each bench measured, what against, how far its runs were apart, and what it leaves out. */
export function tableOf(measured: readonly Measured[], machine: string): string {
  const rows = measured.map(({ bench, result }) => [
    bench.name,
    figure(result.ours, bench.unit),
    figure(result.peer, bench.unit),
    result.ratio.toFixed(2),
    line(bench, bench.reach),
    line(bench, bench.goal),
    verdictOn(result.ratio, bench),
  ]);
  const widths = heads.map((head, column) => Math.max(head.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const table = [heads, widths.map((width) => '-'.repeat(width)), ...rows].map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return [...table, '', `Medians; ratio = ours / peer. Machine: ${machine}.`, ...measured.flatMap(explained)].join(
    '\n',
  );
}

/** One line of `--json`: the names are a promise to those who read them. */
export function jsonOf({ bench, result }: Measured, machine: string): string {
  const { name, unit } = bench;
  const { ours, peer, ratio, oursRuns } = result;
  return JSON.stringify({ name, ours, peer, ratio, unit, runs: oursRuns.length, machine });
}

/** That a bench did not keep its limit, in a line below all tables. */
export function missedLine(bench: Bench, { ratio }: Result): string {
  return `✗ ${bench.name}: the ratio is ${ratio.toFixed(2)} and must be ${line(bench, bench.reach)}`;
}

/** A figure to three digits, whole from a hundred on, with its unit. */
export function figure(value: number, unit: string): string {
  const digits = value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
  return `${digits}${unit.startsWith('/') ? '' : ' '}${unit}`;
}

function line({ better }: Bench, ratio: number): string {
  return `${better === 'lower' ? '≤' : '≥'} ${ratio}`;
}

function explained({ bench, result }: Measured): string[] {
  const runs = result.oursRuns.length;
  return [
    '',
    `${bench.name} (${runs} ${runs === 1 ? 'run' : 'runs'} of each; ${bench.better} is better)`,
    `  ours: ${bench.ours}; ${range(result.oursRuns, bench.unit)}`,
    `  peer: ${bench.peer}; ${range(result.peerRuns, bench.unit)}`,
    ...bench.leavesOut.map((sentence) => `  left out: ${sentence}`),
  ];
}

function range(figures: readonly number[], unit: string): string {
  return `${figure(Math.min(...figures), unit)} to ${figure(Math.max(...figures), unit)}`;
}
