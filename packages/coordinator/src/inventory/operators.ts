import { failure } from '@picket/shared/errors.ts';
import type { Selectable } from 'kysely';
import type { OperatorRecord, OperatorRepository } from './inventory.ts';
import type { Connection, Schema } from './schema.ts';
import { isDuplicate } from './sqlite-errors.ts';

/** See {@link OperatorRepository}. */
export function operatorRepository(connection: Connection): OperatorRepository {
  return {
    async create(record) {
      const row = { name: record.name, role: record.role, created_at: record.createdAt };
      try {
        await connection().insertInto('operators').values(row).execute();
      } catch (error) {
        throw isDuplicate(error) ? failure('operator_exists', { name: record.name }, { cause: error }) : error;
      }
    },

    async keepRole(name, role) {
      const { numUpdatedRows } = await connection()
        .updateTable('operators')
        .set({ role })
        .where('name', '=', name)
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },

    async find(name) {
      const row = await connection().selectFrom('operators').selectAll().where('name', '=', name).executeTakeFirst();
      return row === undefined ? null : toRecord(row);
    },

    async all() {
      const rows = await connection().selectFrom('operators').selectAll().orderBy('name').execute();
      return rows.map(toRecord);
    },
  };
}

function toRecord(row: Selectable<Schema['operators']>): OperatorRecord {
  return { name: row.name, role: row.role, createdAt: row.created_at };
}
