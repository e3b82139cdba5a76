import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorTable } from '@picket/shared/errors.ts';

/**
 * docs/errors.md as the table of errors has it, grouped by the comments that group the table. With `--write`,
 * writes the file; the test of the table compares the two.
 */
export async function errorsDocument(): Promise<string> {
  const source = await readFile(join(import.meta.dirname, '../packages/shared/src/errors.ts'), 'utf8');
  const lines = [
    '# Errors',
    '',
    'Every error that Picket shows has a code, a message that says what is wrong and a hint that says what to do.',
    'The API answers `{"code", "message", "hint", "details"}` with the HTTP status below; the commands print the message',
    'and the hint, or the same JSON with `--output json`. `{words}` stand for the facts of the case.',
    'This page is made from the table in `packages/shared/src/errors.ts` by `npm run docs`.',
  ];
  for (const [, heading, code] of source.matchAll(/^ {2}(?:\/\/ (.+)|(\w+): \{)$/gm)) {
    if (heading !== undefined) lines.push('', `## ${heading}`);
    const entry = Object.entries(errorTable).find(([name]) => name === code)?.[1];
    if (entry === undefined) continue;
    lines.push('', `### ${code} (${entry.status})`, '', entry.message, '', `_${entry.hint}_`);
  }
  return `${lines.join('\n')}\n`;
}

export const errorsPage = join(import.meta.dirname, '../docs/errors.md');

if (process.argv.includes('--write')) await writeFile(errorsPage, await errorsDocument());
