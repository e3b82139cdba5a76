import { failure } from '@picket/shared/errors.ts';
import type { ClientFacts, NodeFacts } from '@picket/shared/protocol/join.ts';
import type { Page } from '@picket/shared/protocol/page.ts';
import type { Reason } from '@picket/shared/reasons/reason.ts';
import { type Selectable, sql } from 'kysely';
import type { Instant } from '../model/instant.ts';
import { type Holder, type NewNode, type NodeRecord, nameOf, type PageRequest } from './inventory.ts';
import { readPage } from './paging.ts';
import type { Connection, Schema } from './schema.ts';

export function nodeRepository(connection: Connection) {
  async function findBy(column: 'id' | 'spkiHash', value: string): Promise<NodeRecord | null> {
    const row = await connection().selectFrom('nodes').selectAll().where(column, '=', value).executeTakeFirst();
    return row === undefined ? null : toRecord(row);
  }

  async function keepTokenUse(id: string, tokenId: string): Promise<void> {
    await connection()
      .insertInto('admissions')
      .values({ nodeId: id, tokenId: tokenId })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }

  return {
    /** Records that the node has used this token too; `create` records the first. */
    keepTokenUse,
    find: (id: string) => findBy('id', id),
    findBySpki: (spkiHash: string) => findBy('spkiHash', spkiHash),

    /** Gives the record its join order, one higher than any before. */
    async create(record: NewNode): Promise<NodeRecord> {
      const { id, cluster, kind, joinedAt, tokenId, spkiHash } = record;
      const row = await connection()
        .insertInto('nodes')
        .values({
          ...{ id, cluster, kind, joinedAt, tokenId, spkiHash },
          name: nameOf(record),
          joinOrder: sql<number>`(select coalesce(max("joinOrder"), 0) + 1 from nodes)`,
          facts: JSON.stringify(record.facts),
          evictedAt: null,
        })
        .returningAll()
        .executeTakeFirstOrThrow();
      await keepTokenUse(id, tokenId);
      return toRecord(row);
    },

    /** The node of this name, a member or a client; an evicted node no longer has a name. */
    async findByName(cluster: string, name: string): Promise<NodeRecord | null> {
      const row = await connection()
        .selectFrom('nodes')
        .selectAll()
        .where('cluster', '=', cluster)
        .where('name', '=', name)
        .where('evictedAt', 'is', null)
        .executeTakeFirst();
      return row === undefined ? null : toRecord(row);
    },

    async all(): Promise<readonly NodeRecord[]> {
      const rows = await connection().selectFrom('nodes').selectAll().orderBy('joinOrder').execute();
      return rows.map(toRecord);
    },

    /** Of all clusters, without evicted ones. */
    async countPresent(): Promise<number> {
      const { present } = await connection()
        .selectFrom('nodes')
        .select(({ fn }) => fn.countAll<number>().as('present'))
        .where('evictedAt', 'is', null)
        .executeTakeFirstOrThrow();
      return present;
    },

    /** Includes evicted ones. */
    async ofCluster(cluster: string): Promise<readonly NodeRecord[]> {
      const rows = await connection()
        .selectFrom('nodes')
        .selectAll()
        .where('cluster', '=', cluster)
        .orderBy('joinOrder')
        .execute();
      return rows.map(toRecord);
    },

    async list(page: PageRequest, cluster: string | null): Promise<Page<NodeRecord>> {
      const query = connection()
        .selectFrom('nodes')
        .selectAll()
        .$if(cluster !== null, (all) => all.where('cluster', '=', cluster ?? ''));
      return readPage('nodes', page, query, { by: 'joinOrder', direction: 'asc' }, toRecord);
    },

    async keepFacts(id: string, facts: Holder['facts']) {
      const { numUpdatedRows } = await connection()
        .updateTable('nodes')
        .set({ facts: JSON.stringify(facts) })
        .where('id', '=', id)
        .executeTakeFirst();
      if (numUpdatedRows === 0n) throw failure('not_found', { what: 'node', name: id });
    },

    /** True if the node has joined by this token, once or more often. */
    async hasUsedToken(id: string, tokenId: string) {
      const row = await connection()
        .selectFrom('admissions')
        .select('nodeId')
        .where('nodeId', '=', id)
        .where('tokenId', '=', tokenId)
        .executeTakeFirst();
      return row !== undefined;
    },

    /** Its name is free from now on, its key stays used; false if the id is unknown or evicted already. */
    async evict(id: string, at: Instant) {
      const { numUpdatedRows } = await connection()
        .updateTable('nodes')
        .set({ evictedAt: at })
        .where('id', '=', id)
        .where('evictedAt', 'is', null)
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },

    /** False if the id is unknown or frozen already: the first reason stays. */
    async freeze(id: string, at: Instant, because: Reason) {
      const { numUpdatedRows } = await connection()
        .updateTable('nodes')
        .set({ frozenAt: at, frozenBecause: JSON.stringify(because) })
        .where('id', '=', id)
        .where('frozenAt', 'is', null)
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },

    async unfreeze(id: string) {
      const { numUpdatedRows } = await connection()
        .updateTable('nodes')
        .set({ frozenAt: null, frozenBecause: null })
        .where('id', '=', id)
        .where('frozenAt', 'is not', null)
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },
  };
}

function frozenOf(at: Instant | null, because: string | null): NodeRecord['frozen'] {
  return at === null || because === null ? null : { at, because: JSON.parse(because) as Reason };
}

function toRecord({ frozenAt, frozenBecause, facts, name, kind, ...row }: Selectable<Schema['nodes']>): NodeRecord {
  const base = { ...row, frozen: frozenOf(frozenAt, frozenBecause) };
  switch (kind) {
    case 'member':
      return { ...base, kind, member: name, facts: JSON.parse(facts) as NodeFacts };
    case 'client':
      return { ...base, kind, client: name, facts: JSON.parse(facts) as ClientFacts };
  }
}
