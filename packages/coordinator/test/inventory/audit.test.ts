import { join } from 'node:path';
import { auditVerifier } from '@picket/shared/audit/verify-log.ts';
import Sqlite from 'better-sqlite3';
import t, { type Test } from 'tap';
import { auditEntry } from '../../src/audit/entries.ts';
import { removeOldEntries } from '../../src/audit/remove-old-entries.ts';
import type { Inventory } from '../../src/inventory/inventory.ts';
import { tamper } from '../support/tampering.ts';
import { day, hour, openSample, start } from './samples.ts';

async function opened(t: Test): Promise<{ inventory: Inventory; path: string }> {
  const path = join(t.testdir(), 'picket.db');
  const inventory = await openSample(path);
  t.teardown(() => inventory.close());
  return { inventory, path };
}

const command = (action: string, at = start) => auditEntry({ at, kind: 'command', by: 'this machine', action });

function append({ transaction }: Inventory, actions: readonly string[], at = start): Promise<void> {
  return transaction(async ({ audit }) => {
    for (const action of actions) await audit.append(command(action, at));
  });
}

async function verdictOf({ audit }: Inventory) {
  const verifier = auditVerifier([]);
  for (let number = 0; ; ) {
    const rows = await audit.after(number, 700);
    for (const { entry } of rows) if (!verifier.take(entry)) throw new Error('this is no entry');
    const last = rows.at(-1);
    if (last === undefined) return verifier.end();
    number = last.number;
  }
}

t.test('entries are numbered and linked in the order in which they were written', async (t) => {
  const { inventory } = await opened(t);
  t.equal(await inventory.audit.head(), null);
  await append(inventory, ['one', 'two']);
  await Promise.all([append(inventory, ['three']), append(inventory, ['four', 'five'])]);
  const { items, next } = await inventory.audit.list({ limit: 2, after: null });
  t.same(
    items.map(({ number, action, at }) => [number, action, at]),
    [
      [5, 'five', '2026-01-15T12:00:00.000Z'],
      [4, 'four', '2026-01-15T12:00:00.000Z'],
    ],
  );
  t.same(
    (await inventory.audit.list({ limit: 9, after: next })).items.map(({ number }) => number),
    [3, 2, 1],
  );
  t.match(await verdictOf(inventory), { first: 1, head: { number: 5, hash: items[0]?.hash }, problems: [] });
  t.same(await inventory.audit.head(), (await verdictOf(inventory)).head);
});

t.test('R12: what is rolled back leaves neither an entry nor a gap', async (t) => {
  const { inventory } = await opened(t);
  await t.rejects(
    inventory.transaction(async ({ audit }) => {
      await audit.append(command('lost'));
      throw new Error('refused');
    }),
    { message: 'refused' },
  );
  await append(inventory, ['kept']);
  t.match(await verdictOf(inventory), { first: 1, head: { number: 1 }, problems: [] });
  await t.rejects(inventory.audit.append(command('alone')), { message: /within a transaction/ });
});

t.test('the database refuses to change an entry, and to remove another than the oldest', async (t) => {
  const { inventory, path } = await opened(t);
  await append(inventory, ['one', 'two', 'three']);
  await inventory.close();
  const database = new Sqlite(path);
  t.teardown(() => database.close());
  t.throws(() => database.exec("update audit set entry = '{}' where number = 2"), { message: /never changes/ });
  t.throws(() => database.exec('delete from audit where number >= 2'), { message: /only the oldest/ });
  database.exec('delete from audit where number <= 2');
  t.equal(database.prepare('select count(*) from audit').pluck().get(), 1);
});

t.test('R18: the log keeps its newest entries, and records what it removes', async (t) => {
  const { inventory } = await opened(t);
  const many = Array.from({ length: 2500 }, (_, index) => `old ${index + 1}`);
  await append(inventory, many);
  await removeOldEntries(inventory, { most: 2500, before: null, now: start });
  t.match(await verdictOf(inventory), { first: 1, head: { number: 2500 }, problems: [] });
  await removeOldEntries(inventory, { most: 1800, before: null, now: start });
  t.match(await verdictOf(inventory), { first: 1001, head: { number: 2501 }, problems: [] });
  const [removal] = (await inventory.audit.list({ limit: 1, after: null })).items;
  t.match(removal, { kind: 'removal', object: 'entries up to 1000', after: { number: 1000 } });
  await removeOldEntries(inventory, { most: 10, before: null, now: start });
  t.match(await verdictOf(inventory), { first: 2001, head: { number: 2502 }, problems: [] }, 'less than a block stays');
});

t.test('R18: a gap that somebody made stops no removal, and each removal tells of it', async (t) => {
  const { inventory: before, path } = await opened(t);
  const many = Array.from({ length: 3500 }, (_, index) => `old ${index + 1}`);
  await append(before, many);
  await before.close();
  tamper(path, 'delete from audit where number in (7, 8) or number between 990 and 1010');
  const inventory = await openSample(path);
  t.teardown(() => inventory.close());
  await removeOldEntries(inventory, { most: 1000, before: null, now: start });
  const { first, problems } = await verdictOf(inventory);
  t.equal(first, 3011);
  t.match(problems, [{ code: 'audit_removed_with_gaps', facts: { number: 3501, upTo: 989, missing: 23 } }]);
});

t.test('entries that are removed while the log is read are not told as missing', async (t) => {
  const { inventory } = await opened(t);
  await append(
    inventory,
    Array.from({ length: 2500 }, (_, index) => `old ${index + 1}`),
  );
  const early = await inventory.audit.after(0, 500);
  await removeOldEntries(inventory, { most: 1800, before: null, now: start });
  const late = await inventory.audit.after(500, 9999);
  const verifier = auditVerifier([]);
  for (const { entry } of [...early, ...late]) verifier.take(entry);
  t.match(verifier.end(), { first: 1001, head: { number: 2501 }, problems: [] });
});

t.test('R18: entries beyond an age are removed, but no block with a younger one', async (t) => {
  const { inventory } = await opened(t);
  await append(
    inventory,
    Array.from({ length: 1999 }, (_, index) => `old ${index + 1}`),
  );
  await append(inventory, ['young'], start + day);
  await removeOldEntries(inventory, { most: 9999, before: start + hour, now: start + day });
  t.match(await verdictOf(inventory), { first: 1001, head: { number: 2001 }, problems: [] });
});
