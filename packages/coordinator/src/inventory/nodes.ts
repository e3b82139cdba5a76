import { failure } from '@picket/shared/errors.ts';
import type { ClientFacts, NodeFacts } from '@picket/shared/protocol/join.ts';
import { type Selectable, sql } from 'kysely';
import { type NodeRecord, type NodeRepository, nameOf } from './inventory.ts';
import { numericCursorKey, pageSize, toPage } from './paging.ts';
import type { Connection, Schema } from './schema.ts';

/** See {@link NodeRepository}. */
export function nodeRepository(connection: Connection): NodeRepository {
  async function findBy(column: 'id' | 'spki_hash', value: string): Promise<NodeRecord | null> {
    const row = await connection().selectFrom('nodes').selectAll().where(column, '=', value).executeTakeFirst();
    return row === undefined ? null : toRecord(row);
  }

  async function admit(id: string, tokenId: string): Promise<void> {
    await connection()
      .insertInto('admissions')
      .values({ node_id: id, token_id: tokenId })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }

  return {
    admit,
    find: (id) => findBy('id', id),
    findBySpki: (spkiHash) => findBy('spki_hash', spkiHash),

    async create(record) {
      const row = await connection()
        .insertInto('nodes')
        .values({
          id: record.id,
          cluster: record.cluster,
          kind: record.kind,
          member: nameOf(record),
          join_order: sql<number>`(select coalesce(max(join_order), 0) + 1 from nodes)`,
          joined_at: record.joinedAt,
          token_id: record.tokenId,
          spki_hash: record.spkiHash,
          facts: JSON.stringify(record.facts),
          evicted_at: null,
        })
        .returningAll()
        .executeTakeFirstOrThrow();
      return toRecord(row);
    },

    async findByName(cluster, name) {
      const row = await connection()
        .selectFrom('nodes')
        .selectAll()
        .where('cluster', '=', cluster)
        .where('member', '=', name)
        .where('evicted_at', 'is', null)
        .executeTakeFirst();
      return row === undefined ? null : toRecord(row);
    },

    async all() {
      const rows = await connection().selectFrom('nodes').selectAll().orderBy('join_order').execute();
      return rows.map(toRecord);
    },

    async ofCluster(cluster) {
      const rows = await connection()
        .selectFrom('nodes')
        .selectAll()
        .where('cluster', '=', cluster)
        .orderBy('join_order')
        .execute();
      return rows.map(toRecord);
    },

    async list(page, cluster) {
      const size = pageSize(page);
      const after = numericCursorKey('nodes', page);
      const rows = await connection()
        .selectFrom('nodes')
        .selectAll()
        .$if(cluster !== null, (query) => query.where('cluster', '=', cluster ?? ''))
        .$if(after !== undefined, (query) => query.where('join_order', '>', after ?? 0))
        .orderBy('join_order')
        .limit(size + 1)
        .execute();
      return toPage('nodes', rows, size, toRecord, (row) => row.join_order);
    },

    async keepFacts(id, facts) {
      const { numUpdatedRows } = await connection()
        .updateTable('nodes')
        .set({ facts: JSON.stringify(facts) })
        .where('id', '=', id)
        .executeTakeFirst();
      if (numUpdatedRows === 0n) throw failure('not_found', { what: 'node', name: id });
    },

    async wasAdmittedBy(id, tokenId) {
      const row = await connection()
        .selectFrom('admissions')
        .select('node_id')
        .where('node_id', '=', id)
        .where('token_id', '=', tokenId)
        .executeTakeFirst();
      return row !== undefined;
    },

    async evict(id, at) {
      const { numUpdatedRows } = await connection()
        .updateTable('nodes')
        .set({ evicted_at: at })
        .where('id', '=', id)
        .where('evicted_at', 'is', null)
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },

    async freeze(id, at, because) {
      const { numUpdatedRows } = await connection()
        .updateTable('nodes')
        .set({ frozen_at: at, frozen_because: because })
        .where('id', '=', id)
        .where('frozen_at', 'is', null)
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },

    async unfreeze(id) {
      const { numUpdatedRows } = await connection()
        .updateTable('nodes')
        .set({ frozen_at: null, frozen_because: null })
        .where('id', '=', id)
        .where('frozen_at', 'is not', null)
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },
  };
}

function toRecord(row: Selectable<Schema['nodes']>): NodeRecord {
  const base = {
    id: row.id,
    cluster: row.cluster,
    joinOrder: row.join_order,
    joinedAt: row.joined_at,
    tokenId: row.token_id,
    spkiHash: row.spki_hash,
    identityGeneration: row.identity_generation,
    frozen: row.frozen_at === null ? null : { at: row.frozen_at, because: row.frozen_because ?? '' },
    evictedAt: row.evicted_at,
  };
  switch (row.kind) {
    case 'member':
      return { ...base, kind: row.kind, member: row.member, facts: JSON.parse(row.facts) as NodeFacts };
    case 'client':
      return { ...base, kind: row.kind, client: row.member, facts: JSON.parse(row.facts) as ClientFacts };
  }
}
