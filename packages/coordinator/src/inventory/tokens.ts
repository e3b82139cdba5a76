import { sql } from 'kysely';
import type { Instant } from '../model/instant.ts';
import type { PageRequest, TokenRecord } from './inventory.ts';
import { readPage } from './paging.ts';
import { changesAny, firstOf, withoutNumber } from './rows.ts';
import type { Connection } from './schema.ts';

export function tokenRepository(connection: Connection) {
  const rows = () => connection().selectFrom('tokens').selectAll();

  async function expireAll(column: 'createdBy' | 'cluster', value: string, at: Instant): Promise<void> {
    const open = connection().updateTable('tokens').set({ expiresAt: at }).where('expiresAt', '>', at);
    await open.where(column, '=', value).execute();
  }

  return {
    async create(record: TokenRecord) {
      await connection().insertInto('tokens').values(record).execute();
    },

    find: (id: string) => firstOf(rows().where('id', '=', id), withoutNumber),

    list: (page: PageRequest, cluster: string | null) =>
      readPage('tokens', page, rows(), { by: 'number', direction: 'desc', cluster }, withoutNumber),

    /** Counts one use; false without a change if none is left. */
    spend(id: string) {
      const update = connection().updateTable('tokens').set({ usesSpent: sql<number>`"usesSpent" + 1` });
      return changesAny(update.where('id', '=', id).whereRef('usesSpent', '<', 'usesAllowed'));
    },

    /** From now on it counts as expired; false if the id is unknown. */
    expire(id: string, at: Instant) {
      const expiresAt = sql<number>`case when "expiresAt" < ${at} then "expiresAt" else ${at} end`;
      return changesAny(connection().updateTable('tokens').set({ expiresAt }).where('id', '=', id));
    },

    /** From now on each token that this operator made counts as expired. */
    expireThoseBy: (createdBy: string, at: Instant) => expireAll('createdBy', createdBy, at),

    /** From now on each token for this cluster counts as expired. */
    expireThoseFor: (cluster: string, at: Instant) => expireAll('cluster', cluster, at),

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
