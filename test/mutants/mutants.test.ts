import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { mutants } from './all.ts';

// Whether each is caught is seen in ../long/mutants.test.ts.
const root = join(import.meta.dirname, '../..');

t.test('each mutant finds its guard once, and its test file', async (t) => {
  for (const { id, file, find, caughtBy } of mutants) {
    const source = await readFile(join(root, file), 'utf8');
    t.equal(source.split(find).length - 1, 1, `${id}: ${file} has the guard once`);
    await t.resolves(access(join(root, caughtBy)), `${id}: ${caughtBy} is there`);
  }
});

t.test('no two mutants have one id', (t) => {
  const ids = mutants.map(({ id }) => id);
  t.strictSame(ids, [...new Set(ids)]);
  t.end();
});
