import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Lets events be found by the node or member that they are about, by their kind and by their time. */
export const eventSubjects: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('event_subjects')
      .addColumn('subject', 'text', (column) => column.notNull())
      .addColumn('eventId', 'integer', (column) => column.notNull().references('events.id').onDelete('cascade'))
      .addPrimaryKeyConstraint('event_subjects_key', ['subject', 'eventId'])
      .execute();
    await db.schema.createIndex('event_subjects_event').on('event_subjects').column('eventId').execute();
    await db.schema.createIndex('events_kind').on('events').columns(['kind', 'id']).execute();
    await db.schema.createIndex('events_at').on('events').column('at').execute();
  },
};
