import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

const columns =
  'number, id, cluster, clusterId, formation, member, etcdVersion, takenAt, why, revision, totalKeys, sizeBytes, sha256, checkedBy, "object"';

const statements = [
  `create table snapshots_next (
    number integer primary key autoincrement,
    id text not null unique,
    cluster text not null references clusters (name),
    -- null, like the next three, for an imported one.
    clusterId text,
    formation integer,
    member text,
    etcdVersion text,
    takenAt integer not null,
    why text not null,
    revision integer not null,
    totalKeys integer,
    sizeBytes integer not null,
    sha256 text not null,
    checkedBy text not null,
    -- Its location in an S3-compatible store; null for one beside the database.
    "object" text
  )`,
  `insert into snapshots_next (${columns}) select ${columns} from snapshots order by number`,
  // A number is never given twice, also once the newest snapshot is removed.
  `delete from sqlite_sequence where name = 'snapshots_next'`,
  `insert into sqlite_sequence (name, seq) select 'snapshots_next', seq from sqlite_sequence where name = 'snapshots'`,
  'drop table snapshots',
  'alter table snapshots_next rename to snapshots',
  'create index snapshots_cluster on snapshots (cluster, number)',
];

/** A snapshot that was imported does not say of which member and which etcd it is. */
export const importedSnapshots: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};
