import { failure } from '@picket/shared/errors.ts';
import type { ClientFacts, NodeFacts } from '@picket/shared/protocol/join.ts';
import type { Reason } from '@picket/shared/reasons/reason.ts';
import { type Selectable, sql, type Updateable } from 'kysely';
import type { Instant } from '../model/instant.ts';
import { type Holder, type NewNode, type NodeRecord, nameOf, type PageRequest } from './inventory.ts';
import { readPage } from './paging.ts';
import { allOf, changesAny, firstOf } from './rows.ts';
import type { Connection, Schema } from './schema.ts';

export function nodeRepository(connection: Connection) {
  const rows = () => connection().selectFrom('nodes').selectAll();

  const present = () => rows().where('evictedAt', 'is', null);

  const pageOf = (query: ReturnType<typeof rows>, page: PageRequest, cluster: string | null) =>
    readPage('nodes', page, query, { by: 'joinOrder', direction: 'asc', cluster }, toRecord);

  const find = (id: string) => firstOf(rows().where('id', '=', id), toRecord);

  const update = (id: string, change: Updateable<Schema['nodes']>) =>
    connection().updateTable('nodes').set(change).where('id', '=', id);

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
    find,

    /** Throws `not_found`. */
    async required(id: string): Promise<NodeRecord> {
      const node = await find(id);
      if (node === null) throw failure('not_found', { what: 'node', name: id });
      return node;
    },

    findBySpki: (spkiHash: string) => firstOf(rows().where('spkiHash', '=', spkiHash), toRecord),

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
    findByName: (cluster: string, name: string) =>
      firstOf(present().where('cluster', '=', cluster).where('name', '=', name), toRecord),

    all: () => allOf(rows().orderBy('joinOrder'), toRecord),

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
    ofCluster: (cluster: string) => allOf(rows().where('cluster', '=', cluster).orderBy('joinOrder'), toRecord),

    list: (page: PageRequest, cluster: string | null) => pageOf(rows(), page, cluster),

    /** Without evicted ones. */
    listPresent: (page: PageRequest, cluster: string | null) => pageOf(present(), page, cluster),

    async keepFacts(id: string, facts: Holder['facts']) {
      if (!(await changesAny(update(id, { facts: JSON.stringify(facts) }))))
        throw failure('not_found', { what: 'node', name: id });
    },

    /** True if the node has joined by this token, once or more often. */
    async hasUsedToken(id: string, tokenId: string) {
      const uses = connection().selectFrom('admissions').select('nodeId').where('nodeId', '=', id);
      return (await uses.where('tokenId', '=', tokenId).executeTakeFirst()) !== undefined;
    },

    /** Its name is free from now on, its key stays used; false if the id is unknown or evicted already. */
    evict: (id: string, at: Instant) => changesAny(update(id, { evictedAt: at }).where('evictedAt', 'is', null)),

    /** False if the id is unknown or frozen already: the first reason stays. */
    freeze: (id: string, at: Instant, because: Reason) =>
      changesAny(update(id, { frozenAt: at, frozenBecause: JSON.stringify(because) }).where('frozenAt', 'is', null)),

    unfreeze: (id: string) =>
      changesAny(update(id, { frozenAt: null, frozenBecause: null }).where('frozenAt', 'is not', null)),
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
