import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { makePrivateDirectory, writeWholeDirectory, writeWholeFile } from '../../src/files/whole-file.ts';

t.test('R9: a file is replaced whole, and nothing is left beside it', async (t) => {
  const directory = t.testdir({ 'server.pem': 'old and longer', 'server.pem.new': 'half of what a cra' });
  await writeWholeFile({ path: join(directory, 'server.pem'), content: 'new' });
  t.same(
    readdirSync(directory).map((name) => [name, readFileSync(join(directory, name), 'utf8')]),
    [['server.pem', 'new']],
  );
});

t.test('only the owner can read a file, even if a temporary one could be read by others', async (t) => {
  const directory = t.testdir({ 'key.pem.new': '' });
  await writeWholeFile({ path: join(directory, 'key.pem'), content: 'secret' });
  t.equal(statSync(join(directory, 'key.pem')).mode & 0o777, 0o600);
});

t.test('R9: a file that cannot replace the old one leaves it unchanged', async (t) => {
  const directory = t.testdir({ target: { inside: 'kept' } });
  await t.rejects(writeWholeFile({ path: join(directory, 'target'), content: 'new' }), { code: 'EISDIR' });
  t.same(readdirSync(directory), ['target']);
});

t.test('R9: a folder appears with all its files, and replaces what a crash left beside it', async (t) => {
  const directory = t.testdir({ 'control.new': { 'key.pem': 'half' } });
  await writeWholeDirectory(join(directory, 'control'), [
    { path: 'certificate.pem', content: 'certificate' },
    { path: 'key.pem', content: 'key' },
  ]);
  t.same(readdirSync(directory), ['control']);
  t.same(readdirSync(join(directory, 'control')), ['certificate.pem', 'key.pem']);
});

t.test('an existing folder is never replaced', async (t) => {
  const directory = t.testdir({ control: { 'key.pem': 'kept' } });
  await t.rejects(writeWholeDirectory(join(directory, 'control'), [{ path: 'key.pem', content: 'new' }]), {
    code: 'ENOTEMPTY',
  });
  t.equal(readFileSync(join(directory, 'control', 'key.pem'), 'utf8'), 'kept');
});

t.test('only the owner can use new folders', async (t) => {
  const directory = t.testdir();
  await makePrivateDirectory(join(directory, 'a', 'b'));
  t.same(
    ['a', 'a/b'].map((name) => statSync(join(directory, name)).mode & 0o777),
    [0o700, 0o700],
  );
});

t.test('a folder with the name of the part is left alone, and the file is not written', async (t) => {
  const folder = t.testdir({ 'a.yml.new': { kept: 'yes' } });
  await t.rejects(writeWholeFile({ path: join(folder, 'a.yml'), content: 'a' }));
  t.equal(readFileSync(join(folder, 'a.yml.new/kept'), 'utf8'), 'yes');
});
