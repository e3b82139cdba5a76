import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runToEnd } from '../../test/support/children.ts';
import type { BenchSurroundings } from '../bench.ts';
import type { Target } from './connection.ts';

const generator = join(import.meta.dirname, 'generator.ts');

/** What the generator is to do: both sides of a bench get the same but for target and requests. */
export interface Load {
  readonly target: Target;
  /** Whole HTTP/1.1 requests, sent in this order and then again, over all connections together. */
  readonly requests: readonly string[];
  readonly connections: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
  /** The status of every answer; another one ends the run as failed. */
  readonly expect: number;
}

export interface LoadResult {
  /** Answers in a second, after the warm-up. */
  readonly perSecond: number;
  /** How much of one processor the generator itself used; near 1 it, and not the server, was measured. */
  readonly busy: number;
}

const mostBusy = 0.9;

/**
 * Runs the generator in a process of its own, so that it costs the measured one nothing but its processor. Rejects if
 * an answer is not the expected one or a connection breaks.
 * @param name of the file, in the bench's folder, that tells the generator what to do
 */
export async function answersPerSecond(
  { folder, say }: Pick<BenchSurroundings, 'folder' | 'say'>,
  name: string,
  load: Load,
): Promise<number> {
  const file = join(folder, `${name}.json`);
  await writeFile(file, JSON.stringify(load), { mode: 0o600 });
  const { code, stdout, stderr } = await runToEnd(process.execPath, [generator, file]);
  if (code !== 0) throw new Error(`the load on ${name} failed: ${stderr.trim()}`);
  const { perSecond, busy } = JSON.parse(stdout) as LoadResult;
  if (busy > mostBusy) say(`  the load generator was busy for ${Math.round(busy * 100)} % of the time on ${name}`);
  return perSecond;
}
