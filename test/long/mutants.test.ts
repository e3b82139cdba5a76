import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import { mutants } from '../mutants/all.ts';
import type { Mutant } from '../mutants/mutant.ts';
import { runToEnd } from '../support/children.ts';

const root = join(import.meta.dirname, '../..');
const replaceSource = pathToFileURL(join(root, 'test/mutants/replace-source.mjs')).href;

/** The tests hold only if they catch something: each guard, taken out, must be noticed. */
t.jobs = 2;
for (const mutant of mutants) {
  const { id, rule, does, caughtBy } = mutant;
  t.test(`${rule} one that ${does} is caught (${id})`, async (t) => {
    const { code, stdout, stderr } = await runMutated(mutant);
    // A module that cannot be loaded ends a run too, without an assertion.
    const caught = code !== 0 && /^\s*not ok /m.test(stdout);
    t.ok(caught, `an assertion of ${caughtBy} fails`);
    if (!caught) t.comment(`${stdout.slice(-1500)}${stderr.slice(-1500)}`);
  });
}

/** Runs the test file with the guard replaced, in a process of its own. */
function runMutated({ file, find, replace, caughtBy }: Mutant) {
  const url = pathToFileURL(join(root, file)).href;
  return runToEnd(process.execPath, ['--import', replaceSource, join(root, caughtBy)], {
    env: { PICKET_TEST_MUTANT: JSON.stringify({ url, find, replace }) },
    cwd: root,
    within: 120_000,
  });
}
