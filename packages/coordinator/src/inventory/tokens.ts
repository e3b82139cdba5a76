import type { Page } from '@picket/shared/protocol/page.ts';
import { type Selectable, sql } from 'kysely';
import type { Instant } from '../model/instant.ts';
import type { PageRequest, TokenRecord } from './inventory.ts';
import { readPage } from './paging.ts';
import type { Connection, Schema } from './schema.ts';

export function tokenRepository(connection: Connection) {
  return {
    async create(record: TokenRecord) {
      await connection().insertInto('tokens').values(record).execute();
    },

    async find(id: string): Promise<TokenRecord | null> {
      const row = await connection().selectFrom('tokens').selectAll().where('id', '=', id).executeTakeFirst();
      return row === undefined ? null : toRecord(row);
    },

    async list(page: PageRequest, cluster: string | null): Promise<Page<TokenRecord>> {
      const query = connection()
        .selectFrom('tokens')
        .selectAll()
        .$if(cluster !== null, (all) => all.where('cluster', '=', cluster ?? ''));
      return readPage('tokens', page, query, { by: 'number', direction: 'desc' }, toRecord);
    },

    /** Counts one use; false without a change if none is left. */
    async spend(id: string) {
      const { numUpdatedRows } = await connection()
        .updateTable('tokens')
        .set({ usesSpent: sql<number>`"usesSpent" + 1` })
        .where('id', '=', id)
        .whereRef('usesSpent', '<', 'usesAllowed')
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },

    /** From now on it counts as expired; false if the id is unknown. */
    async expire(id: string, at: Instant) {
      const { numUpdatedRows } = await connection()
        .updateTable('tokens')
        .set({ expiresAt: sql<number>`case when "expiresAt" < ${at} then "expiresAt" else ${at} end` })
        .where('id', '=', id)
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },

    /** From now on each token that this operator made counts as expired. */
    async expireThoseBy(createdBy: string, at: Instant) {
      await connection()
        .updateTable('tokens')
        .set({ expiresAt: at })
        .where('createdBy', '=', createdBy)
        .where('expiresAt', '>', at)
        .execute();
    },

    /** From now on each token for this cluster counts as expired. */
    async expireThoseFor(cluster: string, at: Instant) {
      await connection()
        .updateTable('tokens')
        .set({ expiresAt: at })
        .where('cluster', '=', cluster)
        .where('expiresAt', '>', at)
        .execute();
    },

    /** From now on each token that this node has used, and each for its kind and name in its cluster, counts as expired. */
    async expireThoseOf(nodeId: string, at: Instant) {
      await sql`
        update tokens set "expiresAt" = ${at}
        where "expiresAt" > ${at} and (
          exists (select 1 from admissions where admissions."nodeId" = ${nodeId} and admissions."tokenId" = tokens.id)
          or exists (
            select 1 from nodes where nodes.id = ${nodeId}
              and nodes.cluster = tokens.cluster and nodes.kind = tokens.kind and nodes.name = tokens.name
          )
        )`.execute(connection());
    },
  };
}

function toRecord({ number: _order, ...record }: Selectable<Schema['tokens']>): TokenRecord {
  return record;
}
