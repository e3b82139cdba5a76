import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';

const root = join(import.meta.dirname, '../..');

t.test('the lock file holds no registry’s address, so that it serves behind any mirror', async (t) => {
  const lock = await readFile(join(root, 'pnpm-lock.yaml'), 'utf8');
  t.match(lock, /^lockfileVersion: /);
  t.match(lock, /integrity: sha512-/);
  t.notMatch(lock, /https?:\/\//);
  t.notMatch(lock, /tarball:/);
});
