import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** The audit log. The database itself refuses to change an entry, and to remove another than the oldest. */
export const audit: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('audit')
      .addColumn('number', 'integer', (column) => column.primaryKey().notNull())
      .addColumn('at', 'integer', (column) => column.notNull())
      // The entry without its hash, as the text that the hash was made of.
      .addColumn('entry', 'text', (column) => column.notNull())
      .addColumn('hash', 'text', (column) => column.notNull())
      .execute();
    await sql`
      create trigger audit_never_changes before update on audit
      begin
        select raise(abort, 'an entry of the audit log never changes');
      end
    `.execute(db);
    await sql`
      create trigger audit_loses_the_oldest before delete on audit
      when exists (select 1 from audit where number < old.number)
      begin
        select raise(abort, 'only the oldest entries of the audit log may be removed');
      end
    `.execute(db);
  },
};
