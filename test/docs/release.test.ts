import { cp, mkdir, readFile } from 'node:fs/promises';
import { dirname, join, matchesGlob } from 'node:path';
import t from 'tap';
import { filesBelow } from '../../scripts/build/place.ts';
import { runToEnd } from '../support/children.ts';
import { builtFor } from '../support/distribution.ts';
import { stepsOf } from './page.ts';
import { unlike } from './shown-output.ts';

const page = 'docs/how-to/build-and-install-a-release.md';
const built = await builtFor(t);

t.test('the page of the release names each file that the build makes, and no other', async (t) => {
  const text = await readFile(join(import.meta.dirname, '../..', page), 'utf8');
  const rows = [...text.matchAll(/^\| (`[^|]+) \|/gm)].flatMap(([, cell = '']) => [...cell.matchAll(/`([^`]+)`/g)]);
  // A star at the end of a folder is for all that is below it.
  const patterns = rows.map(([, path = '']) => path.replace(/\/\*$/, '/**'));
  const files = (await filesBelow(built)).filter((file) => file !== 'SHA256SUMS');
  const isOf = (file: string, pattern: string) => matchesGlob(file, pattern);
  t.strictSame(
    files.filter((file) => !patterns.some((pattern) => isOf(file, pattern))),
    [],
    'each file is in the table',
  );
  t.strictSame(
    patterns.filter((pattern) => !files.some((file) => isOf(file, pattern))),
    [],
    'each row is of a file',
  );
});

t.test('the commands for a laptop install a picket that runs', async (t) => {
  const home = t.testdir();
  const folder = join(home, 'downloads');
  await mkdir(folder);
  for (const name of ['picket.cjs', 'SHA256SUMS']) await cp(join(built, name), join(folder, name));
  const steps = stepsOf(page);
  const env = { HOME: home, PATH: `${dirname(process.execPath)}:/usr/bin:/bin` };
  for (const { commands, output } of steps) {
    const { code, stdout, stderr } = await runToEnd('sh', ['-e', '-c', commands], { cwd: folder, env });
    t.equal(code, 0, `${commands}\n${stderr}`);
    t.equal(unlike(output, stdout), undefined, commands);
  }
});
