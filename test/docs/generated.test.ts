import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { countedFamilies, families } from '@picket/coordinator/metrics/families.ts';
import t from 'tap';
import { pages } from '../../scripts/docs/pages.ts';
import { wordsDocument, wordsFile } from '../../scripts/docs/table-words.ts';

const root = join(import.meta.dirname, '../..');
const folder = join(root, 'docs/reference');

for (const [name, make] of Object.entries(pages)) {
  t.test(`docs/reference/${name} is what the programs say (npm run docs writes it)`, async (t) => {
    t.equal(await readFile(join(folder, name), 'utf8'), await make());
  });
}

t.test(`${wordsFile} has the words of the tables (npm run docs writes it)`, async (t) => {
  t.equal(await readFile(join(root, wordsFile), 'utf8'), await wordsDocument());
});

t.test('docs/reference/metrics.md has a heading for each family', async (t) => {
  const headings = new Set((await readFile(join(folder, 'metrics.md'), 'utf8')).match(/^### \S+$/gm));
  const missing = Object.keys({ ...families, ...countedFamilies }).filter((name) => !headings.has(`### ${name}`));
  t.strictSame(missing, []);
});
