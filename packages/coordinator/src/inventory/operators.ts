import { failure } from '@picket/shared/errors.ts';
import type { Page } from '@picket/shared/protocol/page.ts';
import type { Role } from '@picket/shared/protocol/roles.ts';
import type { OperatorRecord, PageRequest } from './inventory.ts';
import { cursorKey, pageSize, toPage } from './paging.ts';
import type { Connection } from './schema.ts';
import { isDuplicate } from './sqlite-errors.ts';

export function operatorRepository(connection: Connection) {
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
    async keepRole(name: string, role: Role) {
      const { numUpdatedRows } = await connection()
        .updateTable('operators')
        .set({ role })
        .where('name', '=', name)
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },

    /** False if the name is unknown. */
    async remove(name: string) {
      const { numDeletedRows } = await connection().deleteFrom('operators').where('name', '=', name).executeTakeFirst();
      return numDeletedRows > 0n;
    },

    async find(name: string): Promise<OperatorRecord | null> {
      const row = await connection().selectFrom('operators').selectAll().where('name', '=', name).executeTakeFirst();
      return row ?? null;
    },

    async all(): Promise<readonly OperatorRecord[]> {
      return connection().selectFrom('operators').selectAll().orderBy('name').execute();
    },

    async list(page: PageRequest): Promise<Page<OperatorRecord>> {
      const size = pageSize(page);
      const after = cursorKey('operators', page);
      const rows = await connection()
        .selectFrom('operators')
        .selectAll()
        .$if(after !== undefined, (query) => query.where('name', '>', after ?? ''))
        .orderBy('name')
        .limit(size + 1)
        .execute();
      return toPage(
        'operators',
        rows,
        size,
        (row): OperatorRecord => row,
        ({ name }) => name,
      );
    },
  };
}
