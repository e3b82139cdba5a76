import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** With a login string, an operator gets a certificate for a key that is made where it is used. At most one for each operator. */
export const logins: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('logins')
      .addColumn('operator', 'text', (column) => column.primaryKey().references('operators.name').onDelete('cascade'))
      .addColumn('id', 'text', (column) => column.notNull().unique())
      .addColumn('secretHash', 'text', (column) => column.notNull())
      .addColumn('createdAt', 'integer', (column) => column.notNull())
      .addColumn('createdBy', 'text', (column) => column.notNull())
      .addColumn('expiresAt', 'integer', (column) => column.notNull())
      .addColumn('usedAt', 'integer')
      .execute();
  },
};
