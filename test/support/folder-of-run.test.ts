import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { makeFolderInMemory } from '../../scripts/folder-of-run.mjs';
import { runToEnd } from './children.ts';

const run = join(import.meta.dirname, '../../scripts/run.mjs');

for (const [what, folder, problem] of [
  ['with a space', '/tmp/a folder', 'has the character " "'],
  ['with a long path', `/tmp/${'long'.repeat(20)}`, 'is longer than 60 characters'],
] as const) {
  t.test(`a temporary folder ${what} is refused before anything starts, with the way out`, async (t) => {
    const { code, stdout, stderr } = await runToEnd(process.execPath, [run, 'demo'], { env: { TMPDIR: folder } });
    t.strictSame([code, stdout], [1, '']);
    t.match(stderr, `The folder for temporary files, ${folder}, ${problem}.`);
    t.match(stderr, 'TMPDIR=/var/tmp npm run …');
  });
}

t.test('nothing is kept in memory by who names a folder', async (t) => {
  t.equal(makeFolderInMemory({ TMPDIR: '/var/tmp' }), undefined);
});

t.test('a folder in memory is empty, and all users get in', async (t) => {
  const folder = makeFolderInMemory({});
  if (folder === undefined) return t.comment('this machine has no room in memory for files of tests');
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  t.strictSame(readdirSync(folder), []);
  t.equal(statSync(folder).mode & 0o777, 0o755);
});
