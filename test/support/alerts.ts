import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { runToEnd } from './children.ts';
import { ensureDebianTool } from './debian-packages.ts';

const rulesFile = join(import.meta.dirname, '../../packaging/prometheus/picket-alerts.yml');

/** What a busy test machine sets off besides. */
const ofBusyMachine = ['PicketDiskSlow', 'PicketDiskNearlyFull', 'PicketBoardHot'];

/** Answers of `/metrics`. */
export interface Scrapes {
  readonly before: string;
  /** While the fault lasts. */
  readonly during: string;
  /** The coordinator's time of `during` in seconds, for alerts about dates; without it no date is near. */
  readonly at?: number;
}

/**
 * The alerts that promtool finds to go off if the second answer of a real `/metrics` lasts for more than an hour, after an hour of the
 * first; sorted. Those of a busy machine are left out unless they are asked for.
 */
export async function alertsOf(scrapes: Scrapes, askedFor: readonly string[] = []): Promise<readonly string[]> {
  const promtool = await ensureDebianTool('promtool', 'promtool');
  const folder = await mkdtemp(join(tmpdir(), 'picket-alerts-'));
  const file = join(folder, 'alerts.test.yml');
  const expr = 'group by (alertname) (max_over_time(ALERTS{alertstate="firing"}[65m]))';
  const none = { expr, eval_time: '125m', exp_samples: [] };
  const scene = { interval: '1m', input_series: series(scrapes), promql_expr_test: [none] };
  await writeFile(file, stringify({ rule_files: [rulesFile], evaluation_interval: '1m', tests: [scene] }));
  try {
    const { code, stdout, stderr } = await runToEnd(promtool, ['test', 'rules', file]);
    if (code === 0) return [];
    // It says which ones there are instead of none.
    const said = stdout + stderr;
    const got = /^ *got: *(.*)$/m.exec(said)?.[1];
    if (got === undefined) throw new Error(said);
    return [...got.matchAll(/alertname="(\w+)"/g)]
      .flatMap(([, name = '']) => (ofBusyMachine.includes(name) && !askedFor.includes(name) ? [] : [name]))
      .toSorted();
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Samples of a minute each: an hour, and then more than an hour. */
function series({ before, during, at = 0 }: Scrapes) {
  const [first, second] = [samples(before, at), samples(during, at)];
  const of = (value: string | undefined, count: number) =>
    value === undefined ? `_x${count}` : `${value}x${count - 1}`;
  return [...new Set([...first.keys(), ...second.keys()])].map((name) => ({
    series: name,
    values: `${of(first.get(name), 60)} ${of(second.get(name), 70)}`,
  }));
}

/** The values of Picket's series in the text format, in a notation that promtool reads. promtool's clock starts at 0. */
function samples(text: string, at: number): ReadonlyMap<string, string> {
  const lines = text.split('\n').filter((line) => line.startsWith('picket_') && !line.startsWith('picket_http_'));
  return new Map(
    lines.map((line) => {
      const end = line.lastIndexOf(' ');
      const value = Number(line.slice(end + 1)) - (line.includes('_timestamp_seconds') ? at : 0);
      return [line.slice(0, end), value.toFixed(6)];
    }),
  );
}
