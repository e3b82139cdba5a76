import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pages } from './docs/pages.ts';

/** Writes the pages of docs/reference that are made from the programs: `npm run docs`. */
const folder = join(import.meta.dirname, '../docs/reference');
for (const [name, make] of Object.entries(pages)) await writeFile(join(folder, name), await make());
