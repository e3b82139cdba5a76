import { failure } from '@picket/shared/errors.ts';
import type { Role } from '@picket/shared/protocol/roles.ts';
import type { OperatorRecord, PageRequest } from './inventory.ts';
import { readPage } from './paging.ts';
import { changesAny } from './rows.ts';
import type { Connection } from './schema.ts';
import { isDuplicate } from './sqlite-errors.ts';

export function operatorRepository(connection: Connection) {
  const rows = () => connection().selectFrom('operators').selectAll();

  return {
    /** Throws `operator_exists`. */
    async create(record: OperatorRecord) {
      try {
        await connection().insertInto('operators').values(record).execute();
      } catch (error) {
        throw isDuplicate(error) ? failure('operator_exists', { name: record.name }, { cause: error }) : error;
      }
    },

    /** False if the name is unknown. */
    keepRole: (name: string, role: Role) =>
      changesAny(connection().updateTable('operators').set({ role }).where('name', '=', name)),

    /** False if the name is unknown. */
    remove: (name: string) => changesAny(connection().deleteFrom('operators').where('name', '=', name)),

    async find(name: string): Promise<OperatorRecord | null> {
      return (await rows().where('name', '=', name).executeTakeFirst()) ?? null;
    },

    async all(): Promise<readonly OperatorRecord[]> {
      return rows().orderBy('name').execute();
    },

    list: (page: PageRequest) =>
      readPage('operators', page, rows(), { by: 'name', direction: 'asc' }, (row): OperatorRecord => row),
  };
}
