import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { createWhole, writeSynced } from '../src/whole-file.ts';

type Write = (octets: Uint8Array) => Promise<void>;
const content = (text: string) => async (write: Write) => {
  for (const letter of text) await write(Buffer.from(letter));
  return text.length;
};

t.test('R9: a file that arrives in parts is whole, only for its owner, and replaces none', async (t) => {
  const folder = t.testdir();
  const path = join(folder, 'file');
  t.equal(await createWhole(path, content('first')), 5, 'what fill returns');
  await t.rejects(createWhole(path, content('second')), { code: 'EEXIST' });
  t.equal(readFileSync(path, 'utf8'), 'first');
  t.equal(statSync(path).mode & 0o777, 0o600);
  await createWhole(path, content('third'), { put: rename });
  t.equal(readFileSync(path, 'utf8'), 'third');
  t.same(readdirSync(folder), ['file']);
});

t.test('R9: nothing stays of a file that did not arrive whole', async (t) => {
  const folder = t.testdir();
  const broken = async (write: Write) => {
    await write(Buffer.from('half'));
    throw new Error('the line is cut');
  };
  const explain = () => new Error('only for errors of the file system');
  await t.rejects(createWhole(join(folder, 'file'), broken, { explain }), { message: 'the line is cut' });
  t.same(readdirSync(folder), []);
});

t.test('another writer of the same file is left alone', async (t) => {
  const folder = t.testdir({ 'file.part': 'of another' });
  const explain = ({ code, path }: NodeJS.ErrnoException) => new Error(`${code} ${path}`);
  const path = join(folder, 'file');
  await t.rejects(createWhole(path, content('mine'), { explain }), { message: `EEXIST ${path}.part` });
  t.equal(readFileSync(`${path}.part`, 'utf8'), 'of another');
});

t.test('a file has its mode whatever the umask, and never replaces another or follows a link', async (t) => {
  const folder = t.testdir({ target: 'kept', link: t.fixture('symlink', 'target') });
  const before = process.umask(0o077);
  t.teardown(() => process.umask(before));
  await writeSynced({ path: join(folder, 'open'), content: 'all', mode: 0o644 });
  t.equal(statSync(join(folder, 'open')).mode & 0o777, 0o644);
  for (const name of ['target', 'link'])
    await t.rejects(writeSynced({ path: join(folder, name), content: 'new' }), { code: 'EEXIST' });
  t.equal(readFileSync(join(folder, 'target'), 'utf8'), 'kept');
});

t.test('the first error is thrown, also if tidying up fails', async (t) => {
  const folder = t.testdir({ gone: {} });
  const broken = async () => {
    rmSync(join(folder, 'gone'), { recursive: true });
    throw new Error('the line is cut');
  };
  await t.rejects(createWhole(join(folder, 'gone/file'), broken), { message: 'the line is cut' });
});
