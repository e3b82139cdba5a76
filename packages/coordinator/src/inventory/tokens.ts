import { type Selectable, sql } from 'kysely';
import type { TokenRecord, TokenRepository } from './inventory.ts';
import { readPage } from './paging.ts';
import type { Connection, Schema } from './schema.ts';

/** See {@link TokenRepository}. */
export function tokenRepository(connection: Connection): TokenRepository {
  return {
    async create(record) {
      await connection().insertInto('tokens').values(record).execute();
    },

    async find(id) {
      const row = await connection().selectFrom('tokens').selectAll().where('id', '=', id).executeTakeFirst();
      return row === undefined ? null : toRecord(row);
    },

    async list(page, cluster) {
      const query = connection()
        .selectFrom('tokens')
        .selectAll()
        .$if(cluster !== null, (all) => all.where('cluster', '=', cluster ?? ''));
      return readPage('tokens', page, query, { by: 'number', direction: 'desc' }, toRecord);
    },

    async spend(id) {
      const { numUpdatedRows } = await connection()
        .updateTable('tokens')
        .set({ usesSpent: sql<number>`"usesSpent" + 1` })
        .where('id', '=', id)
        .whereRef('usesSpent', '<', 'usesAllowed')
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },

    async expire(id, at) {
      const { numUpdatedRows } = await connection()
        .updateTable('tokens')
        .set({ expiresAt: sql<number>`case when "expiresAt" < ${at} then "expiresAt" else ${at} end` })
        .where('id', '=', id)
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },
  };
}

function toRecord({ number: _order, ...record }: Selectable<Schema['tokens']>): TokenRecord {
  return record;
}
