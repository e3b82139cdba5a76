import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Every revision of a spec, so that one can be gone back to; of clusters that are there, history begins with today's. */
export const revisions: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('revisions')
      .addColumn('cluster', 'text', (column) => column.notNull().references('clusters.name'))
      .addColumn('revision', 'integer', (column) => column.notNull())
      .addColumn('spec', 'text', (column) => column.notNull())
      .addColumn('at', 'integer', (column) => column.notNull())
      .addColumn('by', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('revisions_key', ['cluster', 'revision'])
      .execute();
    await sql`insert into revisions (cluster, revision, spec, at, by)
      select name, revision, spec, created_at, 'an operator, before revisions were kept' from clusters`.execute(db);
  },
};
