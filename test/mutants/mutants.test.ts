import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import { runToEnd } from '../support/children.ts';
import { mutants } from './all.ts';
import type { Mutant } from './mutant.ts';

const root = join(import.meta.dirname, '../..');
const replaceSource = pathToFileURL(join(import.meta.dirname, 'replace-source.mjs')).href;

/** The tests hold only if they catch something: each guard, taken out, must be noticed. */
for (const mutant of mutants) {
  const { id, rule, does, file, find, caughtBy } = mutant;
  t.test(`${rule} one that ${does} is caught (${id})`, async (t) => {
    const source = await readFile(join(root, file), 'utf8');
    t.equal(source.split(find).length - 1, 1, `${file} has the guard once`);
    const { code, stdout, stderr } = await runMutated(mutant);
    // A module that cannot be loaded ends a run too, without an assertion.
    const caught = code !== 0 && /^\s*not ok /m.test(stdout);
    t.ok(caught, `an assertion of ${caughtBy} fails`);
    if (!caught) t.comment(`${stdout.slice(-1500)}${stderr.slice(-1500)}`);
  });
}

t.test('no two mutants have one id', (t) => {
  const ids = mutants.map(({ id }) => id);
  t.strictSame(ids, [...new Set(ids)]);
  t.end();
});

/** Runs the test file with the guard replaced, in a process of its own. */
function runMutated({ file, find, replace, caughtBy }: Mutant) {
  const url = pathToFileURL(join(root, file)).href;
  return runToEnd(process.execPath, ['--import', replaceSource, join(root, caughtBy)], {
    env: { PICKET_TEST_MUTANT: JSON.stringify({ url, find, replace }) },
    cwd: root,
    within: 120_000,
  });
}
