import { join } from 'node:path';
import { Kysely, SqliteDialect } from 'kysely';
import t from 'tap';
import { migrate, migrateTo } from '../../src/inventory/migrate.ts';
import { openDatabase } from '../../src/inventory/open-database.ts';

t.test('a store with the former names in its documents is read with the present ones', async (t) => {
  const path = join(t.testdir(), 'picket.db');
  const database = openDatabase(path);
  const db = new Kysely<unknown>({ dialect: new SqliteDialect({ database }) });
  t.teardown(() => db.destroy());
  await migrateTo(db, '0020-initial');
  // Members and nodes may have any name, and texts any word.
  const named = { life: 1, lives: 2, released: 3, stays: 4 };
  const settings = { released: named, why: 'it said "released": no' };
  database
    .prepare('insert into clusters values (?, ?, 1, ?, ?, 1, 0, ?, null)')
    .run(
      'c',
      'id',
      '{}',
      JSON.stringify({ configuration: settings, formation: { releasedAt: 5 }, members: named }),
      JSON.stringify({ nodes: { life: { life: 'a' } } }),
    );
  database
    .prepare('insert into events (at, cluster, kind, facts) values (1, ?, ?, ?)')
    .run('c', 'forget-lives', JSON.stringify({ lives: [], why: { code: 'life_not_given' } }));
  database
    .prepare("insert into channels values ('n', 'ping', 't', '{}', null, 'warning', 0, 'ada', ?, null, null, '[]')")
    .run(JSON.stringify([{ key: 'k', stays: { rule: null, since: 3 } }]));

  await migrate(database, db, path);

  const all = (query: string) => database.prepare(query).all();
  t.same(all('select progress, conditions from clusters'), [
    {
      progress: JSON.stringify({
        configuration: { rolledOut: named, why: settings.why },
        formation: { startedAt: 5 },
        members: named,
      }),
      conditions: JSON.stringify({ nodes: { life: { incarnation: 'a' } } }),
    },
  ]);
  t.same(all('select kind, facts from events'), [
    {
      kind: 'forget-incarnations',
      facts: JSON.stringify({ incarnations: [], why: { code: 'incarnation_not_given' } }),
    },
  ]);
  t.same(all('select notified from channels'), [
    { notified: JSON.stringify([{ key: 'k', debounced: { rule: null, since: 3 } }]) },
  ]);
});
