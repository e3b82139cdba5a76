import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import t, { type Test } from 'tap';
import { stringify } from 'yaml';
import { backup } from '../../src/commands/backup.ts';
import { init } from '../../src/commands/init.ts';
import { type RestoreOptions, restore } from '../../src/commands/restore.ts';
import { placesIn } from '../../src/files/data-dir.ts';
import { openInventory } from '../../src/inventory/open-inventory.ts';
import { newId } from '../../src/random-names.ts';
import {
  contentOf,
  type Entry,
  entriesOf,
  replaced,
  withFittingManifest,
  withSql,
  writeEntries,
} from '../support/archives.ts';
import { testConfig } from '../support/coordinator.ts';

const addsAdmin = "insert into operators (name, role, createdAt) values ('eve', 'admin', 1)";
const addsTrigger = `create trigger eve after delete on logins begin ${addsAdmin}; end`;

t.test('R8: without the passphrase nobody changes a backup, whatever they replace', async (t) => {
  const house = await lostCoordinator(t);
  const { entries, folder } = house;
  const other = (await lostCoordinator(t, join(house.folder, 'other'))).entries;
  const without = (name: string) => entries.filter((entry) => entry.name !== name);
  const manifest = JSON.parse(String(contentOf(entries, 'manifest.json'))) as object;
  const changed: Readonly<Record<string, readonly [string, readonly Entry[]]>> = {
    'a role in the store': ['backup_not_authentic', withSql(entries, folder, addsAdmin)],
    'a trigger in the store': ['backup_not_authentic', withSql(entries, folder, addsTrigger)],
    'a date': ['backup_not_authentic', withFittingManifest(entries, { takenAt: '2030-01-01T00:00:00.000Z' })],
    'a space in the manifest': [
      'backup_not_authentic',
      replaced(entries, 'manifest.json', JSON.stringify(manifest, null, 1)),
    ],
    'the MAC of another coordinator': [
      'backup_not_authentic',
      replaced(entries, 'manifest.mac', contentOf(other, 'manifest.mac')),
    ],
    'the whole backup of another coordinator': ['backup_not_authentic', other],
    'an empty MAC': ['backup_damaged', replaced(entries, 'manifest.mac', '')],
    'a short MAC': ['backup_damaged', replaced(entries, 'manifest.mac', '{"salt":"00","mac":"00"}')],
    'no MAC': ['backup_damaged', without('manifest.mac')],
    'no MAC, and the format of an earlier version': ['backup_without_mac', asOfEarlierVersion(entries)],
    'the MAC under an earlier format': ['backup_without_mac', withFittingManifest(entries, { format: 1 })],
    'a part of another coordinator': [
      'backup_damaged',
      replaced(entries, 'authority/control/key.pem', contentOf(other, 'authority/control/key.pem')),
    ],
    'a part more': ['backup_damaged', [...entries, { name: 'authority/seal/key.pem', content: Buffer.from('') }]],
    'a part twice': [
      'backup_damaged',
      [
        ...entries,
        { name: 'inventory.sqlite', content: contentOf(withSql(entries, folder, addsAdmin), 'inventory.sqlite') },
      ],
    ],
    'a second manifest': [
      'backup_damaged',
      [...entries, { name: 'manifest.json', content: contentOf(withSql(entries, folder, addsAdmin), 'manifest.json') }],
    ],
    'a second MAC': ['backup_damaged', [...entries, ...entries.filter(({ name }) => name === 'manifest.mac')]],
    'the last part missing': ['backup_damaged', entries.slice(0, -1)],
  };
  for (const [what, [code, content]] of Object.entries(changed)) {
    await writeEntries(house.file, content);
    await t.rejects(house.restore(), { code }, what);
    t.notOk(existsSync(house.config.dataDir), `${what}: nothing is made`);
  }
  await writeEntries(house.file, entries);
  await t.resolves(house.restore(), 'the same files are a backup again');
});

t.test('R8: a backup does not choose the passphrase that proves it', async (t) => {
  // Somebody makes a backup of a coordinator of their own, whose configuration names a file that they know.
  const house = await lostCoordinator(t);
  const theirs = await lostCoordinator(t, join(house.folder, 'theirs'));
  await writeEntries(house.file, theirs.entries);
  rmSync(house.configFile);
  await t.rejects(house.restore(), { code: 'backup_not_authentic' });
  t.notOk(existsSync(house.configFile), 'and it writes no configuration');
});

t.test('a file that does not exist is named before a passphrase that does not', async (t) => {
  const house = await lostCoordinator(t);
  rmSync(house.config.passphraseFile);
  await t.rejects(house.restore({ file: `${house.file}z` }), {
    code: 'backup_damaged',
    facts: { problem: 'it does not exist' },
  });
  await t.rejects(house.restore(), { code: 'passphrase_missing' });
});

t.test('a restore says when and by whom the backup was made', async (t) => {
  const house = await lostCoordinator(t);
  const { manifest, authentic } = await house.restore();
  t.match(manifest, {
    takenAt: new Date(house.takenAt).toISOString(),
    madeBy: { host: hostname(), url: `https://127.0.0.1:${house.config.port}` },
  });
  t.equal(authentic, true);
  const inventory = await openInventory(placesIn(house.config.dataDir).database, { newId });
  t.teardown(() => inventory.close());
  const [newest] = (await inventory.audit.list({ limit: 1, after: null })).items;
  t.match(newest?.after, { madeBy: { host: hostname() }, authentic: true });
});

t.test('a backup of an earlier version, which has no MAC, is restored only if somebody asks for it', async (t) => {
  const house = await lostCoordinator(t);
  await writeEntries(house.file, asOfEarlierVersion(house.entries));
  await t.rejects(house.restore(), { code: 'backup_without_mac' });
  t.notOk(existsSync(house.config.dataDir));

  for (const [sql, problem] of [
    [addsTrigger, 'it holds the trigger eve, which Picket does not make'],
    [`drop trigger audit_never_changes`, 'it lacks the trigger audit_never_changes'],
    [`create view eve as select * from operators`, 'it holds the view eve, which Picket does not make'],
    [`create table eve (name text)`, 'it holds the table eve, which Picket does not make'],
    [`create index eve on operators (role)`, 'it holds the index eve, which Picket does not make'],
    [
      `alter table operators add column eve text default 'admin'`,
      'its table operators differs from the one that Picket makes',
    ],
    [
      `drop trigger audit_never_changes; create trigger audit_never_changes after insert on audit begin ${addsAdmin}; end`,
      'its trigger audit_never_changes differs from the one that Picket makes',
    ],
    [`drop table logins; create view logins as select 1 as id`, 'it holds the view logins, which Picket does not make'],
  ] as const) {
    await writeEntries(house.file, withSql(asOfEarlierVersion(house.entries), house.folder, sql));
    await t.rejects(house.restore({ withoutMac: true }), { code: 'inventory_altered', facts: { problem } }, sql);
    t.notOk(existsSync(placesIn(house.config.dataDir).database), 'nothing serves');
  }

  await writeEntries(house.file, withSql(asOfEarlierVersion(house.entries), house.folder, addsAdmin));
  const restored = await house.restore({ withoutMac: true });
  t.match(restored, { authentic: false, manifest: { madeBy: null } });
  t.strictSame(
    restored.operators.map(({ name, role }) => `${name}: ${role}`),
    ['ada: admin', 'eve: admin'],
    'it lists everybody who could act, which shows who does not belong there',
  );
});

t.test('asking for less does not make a changed backup good', async (t) => {
  const house = await lostCoordinator(t);
  await writeEntries(house.file, withSql(house.entries, house.folder, addsAdmin));
  await t.rejects(house.restore({ withoutMac: true }), { code: 'backup_not_authentic' });
});

t.test('a store that no restore would take is not backed up as if it were good', async (t) => {
  const house = await lostCoordinator(t);
  await house.restore();
  const { database } = placesIn(house.config.dataDir);
  const sound = readFileSync(database);
  const [entry] = withSql(
    [{ name: 'inventory.sqlite', content: sound }, manifestOf(house.entries)],
    house.folder,
    'create table notes (text)',
  );
  writeFileSync(database, entry?.content ?? '');
  await t.rejects(house.backup('second.tar.gz'), {
    code: 'inventory_altered',
    facts: { problem: /it holds the table notes/ },
  });
  t.notOk(existsSync(join(house.folder, 'second.tar.gz')));
});

t.test('a backup under a wrong passphrase is refused when it is made, not when it is needed', async (t) => {
  const house = await lostCoordinator(t);
  await house.restore();
  writeFileSync(house.config.passphraseFile, 'another passphrase of some length\n', { mode: 0o600 });
  await t.rejects(house.backup('second.tar.gz'), { code: 'key_passphrase_wrong' });
});

t.test('a store that a later version has migrated is refused by its name', async (t) => {
  const house = await lostCoordinator(t);
  await house.restore();
  const database = new Sqlite(placesIn(house.config.dataDir).database);
  database.exec("insert into kysely_migration values ('9999-later', '2030-01-01T00:00:00.000Z')");
  database.close();
  await t.rejects(house.backup('second.tar.gz'), { code: 'inventory_newer', facts: { migration: '9999-later' } });
});

function manifestOf(entries: readonly Entry[]): Entry {
  return { name: 'manifest.json', content: contentOf(entries, 'manifest.json') };
}

/** What an earlier version would have written: format 1, without MAC and maker. */
function asOfEarlierVersion(entries: readonly Entry[]): Entry[] {
  const others = entries.filter(({ name }) => name !== 'manifest.mac');
  return withFittingManifest(others, { format: 1, madeBy: undefined });
}

/** A coordinator that is gone except for its backup, its passphrase and its configuration. */
async function lostCoordinator(t: Test, folder = t.testdir()) {
  mkdirSync(folder, { recursive: true });
  const config = testConfig(folder);
  const configFile = join(folder, 'coordinator.yml');
  const file = join(folder, 'backup.tar.gz');
  const takenAt = Date.now();
  await init({ config, operator: 'ada', contextFile: join(folder, 'context.yml'), now: Date.now });
  writeFileSync(configFile, stringify(config));
  const makeBackup = (named: string) =>
    backup({ config, configFile, file: join(folder, named), stdout: process.stdout, now: () => takenAt });
  await makeBackup('backup.tar.gz');
  rmSync(config.dataDir, { recursive: true });
  return {
    folder,
    config,
    configFile,
    file,
    takenAt,
    entries: await entriesOf(file),
    backup: makeBackup,
    restore: (options: Partial<RestoreOptions> = {}) => restore({ file, configFile, now: Date.now, newId, ...options }),
  };
}
