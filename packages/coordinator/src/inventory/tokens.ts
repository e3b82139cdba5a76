import { type Selectable, sql } from 'kysely';
import type { TokenRecord, TokenRepository } from './inventory.ts';
import { numericCursorKey, pageSize, toPage } from './paging.ts';
import type { Connection, Schema } from './schema.ts';

/** See {@link TokenRepository}. */
export function tokenRepository(connection: Connection): TokenRepository {
  return {
    async create(record) {
      await connection()
        .insertInto('tokens')
        .values({
          id: record.id,
          secret_hash: record.secretHash,
          cluster: record.cluster,
          kind: record.kind,
          member: record.name,
          uses_allowed: record.usesAllowed,
          uses_spent: record.usesSpent,
          expires_at: record.expiresAt,
          created_at: record.createdAt,
          created_by: record.createdBy,
        })
        .execute();
    },

    async find(id) {
      const row = await connection().selectFrom('tokens').selectAll().where('id', '=', id).executeTakeFirst();
      return row === undefined ? null : toRecord(row);
    },

    async list(page, cluster) {
      const size = pageSize(page);
      const after = numericCursorKey('tokens', page);
      const rows = await connection()
        .selectFrom('tokens')
        .selectAll()
        .$if(cluster !== null, (query) => query.where('cluster', '=', cluster ?? ''))
        .$if(after !== undefined, (query) => query.where('number', '<', after ?? 0))
        .orderBy('number', 'desc')
        .limit(size + 1)
        .execute();
      return toPage('tokens', rows, size, toRecord, (row) => row.number);
    },

    async spend(id) {
      const { numUpdatedRows } = await connection()
        .updateTable('tokens')
        .set({ uses_spent: sql<number>`uses_spent + 1` })
        .where('id', '=', id)
        .whereRef('uses_spent', '<', 'uses_allowed')
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },

    async expire(id, at) {
      const { numUpdatedRows } = await connection()
        .updateTable('tokens')
        .set({ expires_at: sql<number>`case when expires_at < ${at} then expires_at else ${at} end` })
        .where('id', '=', id)
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },
  };
}

function toRecord(row: Selectable<Schema['tokens']>): TokenRecord {
  return {
    id: row.id,
    secretHash: row.secret_hash,
    cluster: row.cluster,
    kind: row.kind,
    name: row.member,
    usesAllowed: row.uses_allowed,
    usesSpent: row.uses_spent,
    expiresAt: row.expires_at,
    createdAt: row.created_at,
    createdBy: row.created_by,
  };
}
