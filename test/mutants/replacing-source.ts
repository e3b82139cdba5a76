import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { readSource } from './source.ts';
import { editOf, type SourceChange } from './source-change.ts';

const root = join(import.meta.dirname, '../..');

/** Arguments of a Node.js that runs the product's sources with a change: {@link environmentOf} says which. */
export const replacingSource = ['--import', pathToFileURL(join(import.meta.dirname, 'replace-source.mjs')).href];

/** @throws unless the source has the guard of the change in one place */
export function environmentOf(change: SourceChange): Readonly<Record<string, string>> {
  const path = join(root, change.file);
  const edit = editOf(readSource(readFileSync(path, 'utf8')), change);
  return { PICKET_TEST_MUTANT: JSON.stringify({ url: pathToFileURL(path).href, ...edit }) };
}
