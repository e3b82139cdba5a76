import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import Sqlite from 'better-sqlite3';
import t from 'tap';
import { openDatabase } from '../../src/inventory/open-database.ts';
import { inventoryOn } from '../../src/inventory/open-inventory.ts';
import { countingIds, createCluster, openSample, sampleToken } from './samples.ts';

const writer = fileURLToPath(new URL('./writer.ts', import.meta.url));

t.test('R12: the connection in use syncs every commit', async (t) => {
  const database = openDatabase(join(t.testdir(), 'picket.db'));
  t.teardown(() => database.close());
  t.equal(database.pragma('synchronous', { simple: true }), 2);
});

t.test('the connection writes a WAL and enforces foreign keys', async (t) => {
  const database = openDatabase(join(t.testdir(), 'picket.db'));
  t.teardown(() => database.close());
  t.equal(database.pragma('journal_mode', { simple: true }), 'wal');
  t.equal(database.pragma('foreign_keys', { simple: true }), 1);
});

t.test('R12: a SIGKILL right after an acknowledged write loses nothing', async (t) => {
  const path = join(t.testdir(), 'picket.db');
  const first = await openSample(path);
  await createCluster(first);
  await first.close();

  const child = spawn(process.execPath, [writer, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  const acknowledged: string[] = [];
  const exited = once(child, 'exit');
  for await (const line of createInterface({ input: child.stdout })) {
    acknowledged.push(line);
    if (acknowledged.length === 50) child.kill('SIGKILL');
  }
  await exited;

  const inventory = await openSample(path);
  t.teardown(() => inventory.close());
  const lost: string[] = [];
  for (const id of acknowledged) {
    if ((await inventory.tokens.find(id))?.usesSpent !== 1) lost.push(id);
  }
  t.same(lost, []);
});

t.test('only the owner can read the files', async (t) => {
  const path = join(t.testdir(), 'picket.db');
  const inventory = await openSample(path);
  t.teardown(() => inventory.close());
  await createCluster(inventory);
  t.same(
    [path, `${path}-wal`].map((file) => (statSync(file).mode & 0o777).toString(8)),
    ['600', '600'],
  );
});

t.test('a store keeps its ID', async (t) => {
  const path = join(t.testdir(), 'picket.db');
  const first = await openSample(path);
  await first.close();
  const inventory = await inventoryOn(openDatabase(path), path, { newId: countingIds('another') });
  t.teardown(() => inventory.close());
  t.equal(inventory.id, 'inventory00000001');
});

t.test('a second coordinator on the same store is refused', async (t) => {
  const path = join(t.testdir(), 'picket.db');
  const database = openDatabase(path);
  t.teardown(() => database.close());
  await t.rejects(openSample(path), {
    code: 'inventory_locked',
    facts: { path },
  });
});

t.test('a second coordinator in another process is refused, and accepted once the first was killed', async (t) => {
  const path = join(t.testdir(), 'picket.db');
  const first = await openSample(path);
  await createCluster(first);
  await first.close();
  const child = spawn(process.execPath, [writer, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  await t.rejects(openSample(path), { code: 'inventory_locked' });
  child.kill('SIGKILL');
  await once(child, 'exit');
  const second = await openSample(path);
  t.teardown(() => second.close());
  t.ok(await second.clusters.find('prod'));
});

t.test('a store of a newer version is left unchanged', async (t) => {
  const path = join(t.testdir(), 'picket.db');
  await (await openSample(path)).close();
  const newer = new Sqlite(path);
  newer.prepare('insert into kysely_migration (name, timestamp) values (?, ?)').run('9999-tomorrow', '2030');
  newer.close();
  await t.rejects(openSample(path), {
    code: 'inventory_newer',
    facts: { path, migration: '9999-tomorrow' },
  });
});

t.test('a store from before the first release is refused with the remedy, and left unchanged', async (t) => {
  const path = join(t.testdir(), 'picket.db');
  await (await openSample(path)).close();
  const older = new Sqlite(path);
  older.exec("update kysely_migration set name = '0001-initial' where name = '0020-initial'");
  older.close();
  const before = readFileSync(path);
  await t.rejects(openSample(path), {
    code: 'inventory_unreleased',
    facts: { path },
  });
  t.ok(readFileSync(path).equals(before));
});

t.test('a file of another kind is left unchanged', async (t) => {
  const path = join(t.testdir(), 'picket.db');
  const text = 'This was somebody’s diary. '.repeat(100);
  writeFileSync(path, text);
  await t.rejects(openSample(path), {
    code: 'inventory_foreign',
    facts: { path, problem: 'it is not an SQLite database' },
  });
});

t.test('the database of another program is left unchanged', async (t) => {
  const path = join(t.testdir(), 'picket.db');
  const other = new Sqlite(path);
  other.exec('create table diary (entry text)');
  other.close();
  await t.rejects(openSample(path), {
    code: 'inventory_foreign',
    facts: { path, problem: 'it is an SQLite database of another program' },
  });
});

t.test('a data directory that is missing is named', async (t) => {
  const path = join(t.testdir(), 'missing', 'picket.db');
  await t.rejects(openSample(path), {
    code: 'inventory_unusable',
    facts: { path, problem: 'its folder does not exist' },
  });
});

t.test('R12: on a full disk a write is refused, and every acknowledged write is kept', async (t) => {
  const path = join(t.testdir(), 'picket.db');
  const database = openDatabase(path);
  const inventory = await inventoryOn(database, path, { newId: countingIds() });
  await createCluster(inventory);
  const pages = database.pragma('page_count', { simple: true });
  database.pragma(`max_page_count = ${Number(pages) + 2}`);
  let acknowledged = 0;
  const filling = async () => {
    for (; ; acknowledged++) {
      await inventory.transaction((trx) => trx.tokens.create(sampleToken({ id: `token${acknowledged}` })));
    }
  };
  await t.rejects(filling(), {
    code: 'inventory_unusable',
    facts: { path, problem: 'the disk is full' },
  });
  await inventory.close();
  const again = await openSample(path);
  t.teardown(() => again.close());
  t.equal((await again.tokens.list({ limit: 500, after: null }, null)).items.length, acknowledged);
});

t.test('a disk that has become read-only is named', async (t) => {
  const path = join(t.testdir(), 'picket.db');
  const database = openDatabase(path);
  const inventory = await inventoryOn(database, path, { newId: countingIds() });
  t.teardown(() => inventory.close());
  database.pragma('query_only = ON');
  await t.rejects(createCluster(inventory), {
    code: 'inventory_unusable',
    facts: { path, problem: 'it is read-only' },
  });
});

t.test('a transaction that fails leaves nothing behind', async (t) => {
  const inventory = await openSample(join(t.testdir(), 'picket.db'));
  t.teardown(() => inventory.close());
  const work = inventory.transaction(async (trx) => {
    await trx.events.append({ at: 1, cluster: null, kind: 'test', facts: {} });
    throw new Error('It did not.');
  });
  await t.rejects(work, { message: 'It did not.' });
  t.same((await inventory.events.list({ limit: 10, after: null }, null)).items, []);
});

t.test('the store’s own repositories are refused inside a transaction, where they would wait forever', async (t) => {
  const inventory = await openSample(join(t.testdir(), 'picket.db'));
  t.teardown(() => inventory.close());
  await t.rejects(
    inventory.transaction(() => inventory.operators.all()),
    { message: 'Inside a transaction only the repositories that it was handed may be used.' },
  );
});

t.test('transactions run one after the other', async (t) => {
  const inventory = await openSample(join(t.testdir(), 'picket.db'));
  t.teardown(() => inventory.close());
  const seen = await Promise.all(
    [0, 1, 2].map(() =>
      inventory.transaction(async (trx) => {
        const before = (await trx.events.list({ limit: 10, after: null }, null)).items.length;
        await new Promise(setImmediate);
        await trx.events.append({ at: 1, cluster: null, kind: 'test', facts: {} });
        return before;
      }),
    ),
  );
  t.same(seen, [0, 1, 2]);
});
