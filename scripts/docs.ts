import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { wordsDocument, wordsFile } from './docs/table-words.ts';

/** Writes what is made from the code and committed: `npm run docs`. */
const root = join(import.meta.dirname, '..');
await writeFile(join(root, wordsFile), await wordsDocument());
// Only then: the programs that tell the pages about themselves read that file.
const { pages } = await import('./docs/pages.ts');
for (const [name, make] of Object.entries(pages)) await writeFile(join(root, 'docs/reference', name), await make());
