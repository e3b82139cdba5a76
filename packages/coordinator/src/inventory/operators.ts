import { failure } from '@picket/shared/errors.ts';
import type { OperatorRepository } from './inventory.ts';
import type { Connection } from './schema.ts';
import { isDuplicate } from './sqlite-errors.ts';

/** See {@link OperatorRepository}. */
export function operatorRepository(connection: Connection): OperatorRepository {
  return {
    async create(record) {
      try {
        await connection().insertInto('operators').values(record).execute();
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
      return row ?? null;
    },

    async all() {
      return connection().selectFrom('operators').selectAll().orderBy('name').execute();
    },
  };
}
