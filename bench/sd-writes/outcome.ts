import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runToEnd } from '../../test/support/children.ts';

/** What a program that is watched has caused on its card. */
export interface Outcome {
  readonly bytes: number;
  /** In so many hours, by its own clock. */
  readonly hours: number;
}

/** In MB (10⁶ bytes). */
export function megabytesPerDay({ bytes, hours }: Outcome): number {
  return ((bytes / hours) * 24) / 1e6;
}

/**
 * Runs a program that has a card of its own, in a mount namespace of its own, with its order in a file of this folder.
 * Throws if this process is not root's on Linux, and if the program fails.
 */
export async function outcomeOf(program: string, folder: string, order: object): Promise<Outcome> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    throw new Error('it mounts a file system of its own: run it as root on Linux');
  await mkdir(folder);
  const file = join(folder, 'order.json');
  await writeFile(file, JSON.stringify({ ...order, folder }));
  const { code, stdout, stderr } = await runToEnd('unshare', ['--mount', process.execPath, program, file]);
  if (code !== 0) throw new Error(`${program} failed: ${stderr.trim()}`);
  return JSON.parse(stdout) as Outcome;
}
