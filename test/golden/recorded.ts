import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { Test } from 'tap';
import { differences } from './differences.ts';

const root = join(import.meta.dirname, '../..');
export const recordedFolder = join(import.meta.dirname, 'recorded');

/** How a transcript is written again. */
export const howToRecord = 'PICKET_RECORD=1 npm test -- test/golden/*.test.ts';

/**
 * Compares what was seen now with the transcript of this name, which lies in `recorded/`, and prints the lines that differ.
 * With PICKET_RECORD set it writes the transcript in place of comparing it.
 *
 * @param again the command that records it
 */
export function sameAsRecorded(t: Test, name: string, seen: string, again = howToRecord): void {
  const path = join(recordedFolder, name);
  const text = seen.endsWith('\n') ? seen : `${seen}\n`;
  if (process.env.PICKET_RECORD) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    t.pass(`${name} was recorded`);
    return;
  }
  const kept = textOf(path);
  const shown = relative(root, path);
  if (kept === text) return void t.pass(`it is as in ${shown}`);
  const how = `If each difference is meant, record it: ${again}\nand commit ${shown} with the change.`;
  t.fail(`it differs from ${shown}`, { diff: differences(kept, text), how });
}

/**
 * As {@link sameAsRecorded}, for several transcripts by their names. In each of these folders no other transcript may lie:
 * nobody would compare it any more.
 */
export function allAsRecorded(t: Test, texts: ReadonlyMap<string, string>, folders: readonly string[] = []): void {
  for (const [name, text] of texts) sameAsRecorded(t, name, text);
  const others = folders
    .flatMap((folder) => globSync(`${folder}/**/*.txt`, { cwd: recordedFolder }))
    .filter((name) => !texts.has(name));
  if (process.env.PICKET_RECORD) for (const name of others) rmSync(join(recordedFolder, name));
  else t.strictSame(others, [], `these are not recorded any more: remove them, or ${howToRecord}`);
}

/** The text of a transcript, empty if there is none. */
export function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
