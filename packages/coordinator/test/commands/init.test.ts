import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readContext } from '@picket/shared/context/context.ts';
import { parseCertificate } from '@picket/shared/pki/certificate.ts';
import { readCredential } from '@picket/shared/pki/credential.ts';
import Sqlite from 'better-sqlite3';
import t, { type Test } from 'tap';
import { type InitOptions, init } from '../../src/commands/init.ts';
import { placesIn } from '../../src/files/data-dir.ts';
import { openInventory } from '../../src/inventory/open-inventory.ts';
import { newId } from '../../src/random-names.ts';
import { testConfig, textOf } from '../support/coordinator.ts';

function optionsFor(test: Test): InitOptions & { readonly folder: string } {
  const folder = test.testdir();
  const now = Date.now();
  return {
    folder,
    config: testConfig(folder),
    operator: 'ada',
    contextFile: join(folder, 'home/context.yml'),
    now: () => now,
  };
}

/** Every file below the folder with its content. */
function contentOf(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    statSync(join(folder, name)).isFile(),
  );
  return Object.fromEntries(files.sort().map((name) => [name, readFileSync(join(folder, name), 'latin1')]));
}

t.test('init makes passphrase, control CA, store, server certificate and the first admin’s context', async (t) => {
  const { folder, ...options } = optionsFor(t);
  const { pin } = await init(options);
  t.same(Object.keys(contentOf(folder)), [
    'ca-passphrase',
    'data/authority/control/certificate.pem',
    'data/authority/control/key.pem',
    'data/authority/revocations.log',
    'data/inventory.sqlite',
    'data/server.pem',
    'home/context.yml',
  ]);
  t.equal(parseCertificate(textOf(`${folder}/data/authority/control/certificate.pem`) ?? '').spkiHash, pin);
});

t.test('R11: only its owner can read what holds a secret', async (t) => {
  const { folder, ...options } = optionsFor(t);
  await init(options);
  const modes = Object.keys(contentOf(folder)).map((name) => [
    name,
    (statSync(join(folder, name)).mode & 0o077).toString(8),
  ]);
  t.same(
    modes.filter(([, mode]) => mode !== '0'),
    [],
  );
  t.equal((statSync(`${folder}/data`).mode & 0o777).toString(8), '700');
});

t.test('the context names the coordinator by its first host, and the operator by a certificate', async (t) => {
  const { folder: _folder, ...options } = optionsFor(t);
  await init(options);
  const context = readContext(textOf(options.contextFile) ?? '', options.contextFile);
  t.same([context.server, context.operator], ['https://127.0.0.1:7443', 'ada']);
  t.same(readCredential(context.credential).certificate.sans, [{ type: 'uri', value: 'urn:picket:operator:ada' }]);
});

t.test('the server certificate has every host', async (t) => {
  const { folder, ...options } = optionsFor(t);
  await init({ ...options, config: { ...options.config, hosts: ['picket.home', 'fd00::1'] } });
  t.same(readCredential(textOf(`${folder}/data/server.pem`) ?? '').certificate.sans, [
    { type: 'dns', value: 'picket.home' },
    { type: 'ip', value: 'fd00::1' },
  ]);
});

t.test('init is refused after it has finished, and changes nothing', async (t) => {
  const { folder, ...options } = optionsFor(t);
  await init(options);
  const before = contentOf(folder);
  await t.rejects(init(options), {
    code: 'already_initialised',
    facts: { dataDir: `${folder}/data` },
  });
  t.same(contentOf(folder), before);
});

t.test('init makes no new passphrase if that of a coordinator is missing', async (t) => {
  const { folder, ...options } = optionsFor(t);
  await init(options);
  rmSync(options.config.passphraseFile);
  await t.rejects(init(options), { code: 'already_initialised' });
  t.equal(textOf(`${folder}/ca-passphrase`), null);
});

// What a crash leaves: everything up to one step, and nothing after it.
for (const [after, lost] of [
  ['the store', ['ca-passphrase', 'data/authority', 'data/server.pem', 'home']],
  ['the passphrase', ['data/authority', 'data/server.pem', 'home']],
  ['the control CA', ['data/server.pem', 'home', 'data/authority/revocations.log']],
  ['the server certificate', ['home']],
  ['the context', []],
] as const) {
  t.test(`init continues after a crash that came after ${after}`, async (t) => {
    const { folder, ...options } = optionsFor(t);
    await init(options);
    const control = textOf(`${folder}/data/authority/control/certificate.pem`);
    forgetOperators(options);
    for (const name of lost) rmSync(join(folder, name), { recursive: true });
    await init(options);
    const context = readContext(textOf(options.contextFile) ?? '', options.contextFile);
    if (!(lost as readonly string[]).includes('data/authority')) {
      t.equal(context.certificateAuthority.trim(), control?.trim(), 'the existing control CA is kept');
    }
    const inventory = await openInventory(placesIn(options.config.dataDir).database, { newId });
    t.teardown(() => inventory.close());
    const { certificate } = readCredential(context.credential);
    t.equal((await inventory.operators.find('ada'))?.role, 'admin');
    t.equal((await inventory.certificates.find(certificate.serial))?.principal, 'urn:picket:operator:ada');
  });
}

t.test('the context of another coordinator is not overwritten', async (t) => {
  const { folder: other, ...theirs } = optionsFor(t);
  await init(theirs);
  const before = textOf(theirs.contextFile);
  const config = testConfig(join(other, 'second'));
  await t.rejects(init({ ...theirs, config }), {
    code: 'context_exists',
    facts: { path: theirs.contextFile, operator: 'ada' },
  });
  t.equal(textOf(theirs.contextFile), before);
});

t.test('after a refusal for a context, init continues with another', async (t) => {
  const { folder, ...options } = optionsFor(t);
  mkdirSync(join(folder, 'home'));
  writeFileSync(options.contextFile, 'notes');
  await t.rejects(init(options), { code: 'context_exists' });
  await init({ ...options, contextFile: join(folder, 'other.yml') });
  t.equal(textOf(options.contextFile), 'notes');
});

t.test('an unreadable context file is not overwritten', async (t) => {
  const { folder, ...options } = optionsFor(t);
  mkdirSync(options.contextFile, { recursive: true });
  chmodSync(options.contextFile, 0o700);
  await t.rejects(init(options), { code: 'context_exists' });
  t.same(readdirSync(join(folder, 'home')), ['context.yml']);
});

for (const operator of ['', 'ada:admin', 'ada lovelace', 'a'.repeat(65)]) {
  t.test(`an operator cannot be called "${operator.slice(0, 20)}", and nothing is made for it`, async (t) => {
    const { folder, ...options } = optionsFor(t);
    await t.rejects(init({ ...options, operator }), {
      code: 'name_invalid',
      facts: {
        kind: 'operator name',
        name: new RegExp(`^${operator}$`),
        problem: 'it needs 1 to 64 letters, digits, dots, hyphens, underscores or @',
      },
    });
    t.same(contentOf(folder), {});
  });
}

/** As before the last write of init: no operator is in the store. */
function forgetOperators({ config }: InitOptions): void {
  const { database } = placesIn(config.dataDir);
  const opened = new Sqlite(database);
  opened.exec('delete from operators');
  opened.close();
}
