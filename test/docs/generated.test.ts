import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { countedFamilies, families } from '@picket/coordinator/metrics/families.ts';
import { eventTable } from '@picket/shared/events/table.ts';
import { reasonTable } from '@picket/shared/reasons/table.ts';
import t from 'tap';
import { pages } from '../../scripts/docs/pages.ts';

const folder = join(import.meta.dirname, '../../docs/reference');

for (const [name, make] of Object.entries(pages)) {
  t.test(`docs/reference/${name} is what the programs say (npm run docs writes it)`, async (t) => {
    t.equal(await readFile(join(folder, name), 'utf8'), await make());
  });
}

for (const [name, table] of [
  ['reasons.md', reasonTable],
  ['events.md', eventTable],
  ['metrics.md', { ...families, ...countedFamilies }],
] as const) {
  t.test(`docs/reference/${name} has a heading for each code`, async (t) => {
    const headings = new Set((await readFile(join(folder, name), 'utf8')).match(/^### \S+$/gm));
    const missing = Object.keys(table).filter((code) => !headings.has(`### ${code}`));
    t.strictSame(missing, []);
  });
}
