import { join } from 'node:path';
import { Kysely, SqliteDialect } from 'kysely';
import t from 'tap';
import { migrate, migrateTo } from '../../src/inventory/migrate.ts';
import { openDatabase } from '../../src/inventory/open-database.ts';

t.test('a store from before imports keeps its snapshots and their numbers, and takes an imported one', async (t) => {
  const path = join(t.testdir(), 'picket.db');
  const database = openDatabase(path);
  const db = new Kysely<unknown>({ dialect: new SqliteDialect({ database }) });
  t.teardown(() => db.destroy());
  await migrateTo(db, '0021-one-word');
  database.prepare("insert into clusters values ('c', 'id', 1, '{}', '{}', 1, 0, '{}', null)").run();
  const insert = () =>
    database.prepare(
      `insert into snapshots (id, cluster, clusterId, formation, member, etcdVersion, takenAt, why, revision, totalKeys, sizeBytes, sha256, checkedBy, "object")
       values (?, 'c', ?, ?, ?, ?, 7, '{}', 8, null, 9, 'ab', 'structure', 's3://b/k')`,
    );
  for (const id of ['one', 'two', 'three']) insert().run(id, 'c1', 1, 'm', '3.5.16');
  const all = () => database.prepare('select * from snapshots order by number').all();
  const before = all();
  database.prepare("delete from snapshots where id = 'three'").run();

  await migrate(database, db, path);

  t.same(all(), before.slice(0, 2));
  insert().run('imported', null, null, null, null);
  t.match(all()[2], { number: 4, id: 'imported', clusterId: null, formation: null, member: null, etcdVersion: null });
  t.throws(() => insert().run('one', 'c1', 1, 'm', '3.5.16'), { code: 'SQLITE_CONSTRAINT_UNIQUE' });
});

t.test('the number of a removed snapshot is given to no other, also if none was left', async (t) => {
  const path = join(t.testdir(), 'picket.db');
  const database = openDatabase(path);
  const db = new Kysely<unknown>({ dialect: new SqliteDialect({ database }) });
  t.teardown(() => db.destroy());
  await migrateTo(db, '0021-one-word');
  database.prepare("insert into sqlite_sequence (name, seq) values ('snapshots', 41)").run();
  await migrate(database, db, path);
  const { seq } = database.prepare("select seq from sqlite_sequence where name = 'snapshots'").get() as { seq: number };
  t.equal(seq, 41);
});
