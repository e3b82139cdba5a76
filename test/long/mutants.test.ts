import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import { mutants } from '../mutants/all.ts';
import type { Mutant } from '../mutants/mutant.ts';

const root = join(import.meta.dirname, '../..');
const replaceSource = pathToFileURL(join(root, 'test/mutants/replace-source.mjs')).href;

/** The tests hold only if they catch something: each guard, taken out, must be noticed. */
t.jobs = 2;
for (const mutant of mutants) {
  const { id, rule, does, caughtBy } = mutant;
  t.test(`${rule} one that ${does} is caught (${id})`, async (t) => {
    const { caught, said } = await runMutated(mutant);
    t.ok(caught, `an assertion of ${caughtBy} fails`);
    if (!caught) t.comment(said.slice(-3000));
  });
}

/**
 * Runs the test file with the guard replaced, in a process of its own, which is ended once an assertion fails. A module
 * that cannot be loaded ends a run too, without an assertion.
 */
async function runMutated({ file, find, replace, caughtBy }: Mutant): Promise<{ caught: boolean; said: string }> {
  const url = pathToFileURL(join(root, file)).href;
  const child = spawn(
    'env',
    ['-u', 'NODE_OPTIONS', process.execPath, '--import', replaceSource, join(root, caughtBy)],
    {
      env: { ...process.env, PICKET_TEST_MUTANT: JSON.stringify({ url, find, replace }) },
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const closed = once(child, 'close');
  let said = '';
  let caught = false;
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (stream !== child.stdout || caught || !/^\s*not ok /m.test(said)) return;
      caught = true;
      // By SIGTERM, tap still removes the folders that the tests made.
      child.kill('SIGTERM');
    });
  }
  await closed;
  return { caught, said };
}
