import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { generateX25519Identity } from 'age-encryption';
import t, { type Test } from 'tap';
import { readStoreCredentials } from '../../src/snapshots/store-credentials.ts';

const identity = await generateX25519Identity();

async function reading(t: Test, ageIdentityFile: string | null) {
  const folder = t.testdir({
    'key.yml': 'accessKeyId: AKIA\nsecretAccessKey: s\n',
    ...(ageIdentityFile === null ? {} : { 'age.txt': ageIdentityFile }),
  });
  for (const name of ['key.yml', ...(ageIdentityFile === null ? [] : ['age.txt'])])
    chmodSync(join(folder, name), 0o600);
  const credentialsFile = join(folder, 'key.yml');
  const file = join(folder, 'age.txt');
  const read = () =>
    readStoreCredentials({ endpoint: 'https://s3.home', bucket: 'etcd', credentialsFile, ageIdentityFile: file });
  return { read, file };
}

t.test('age identities are read as age-keygen writes them, the first is for what is sent', async (t) => {
  const other = await generateX25519Identity();
  const { read } = await reading(t, `# created: 2026-11-27\n# public key: age1…\n${identity}\n\n  ${other}  \n`);
  t.same((await read()).ageIdentities, [identity, other]);
});

t.test('R11: a file without a usable identity is refused, and no error repeats it', async (t) => {
  const cut = identity.slice(0, -1);
  for (const text of [
    '',
    '# only a comment\n',
    cut,
    `${identity}\n${cut}`,
    'age1lggyhqrw2nlhcxprm67z43rta5q6mzraxcu6',
  ]) {
    const { read, file } = await reading(t, text);
    const refused = await read().catch((error: unknown) => error as Error);
    t.match(refused, {
      code: 'snapshot_store_unusable',
      facts: {
        problem: `its ageIdentityFile ${file} must hold age identities, as \`age-keygen -o ${file}\` writes them`,
      },
    });
    const all = JSON.stringify(refused, Object.getOwnPropertyNames(refused));
    t.notOk(all.includes(cut.slice(20)));
  }
});

t.test('R11: a file that others can read is refused', async (t) => {
  const { read, file } = await reading(t, identity);
  chmodSync(file, 0o644);
  await t.rejects(read(), {
    code: 'snapshot_store_unusable',
    facts: { problem: /can be read by others \(mode 0?644\)/ },
  });
});

t.test('a file that is missing is named', async (t) => {
  const { read, file } = await reading(t, null);
  await t.rejects(read(), {
    code: 'snapshot_store_unusable',
    facts: { problem: new RegExp(`ageIdentityFile ${file} cannot be read`) },
  });
});
