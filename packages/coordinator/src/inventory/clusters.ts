import { failure } from '@picket/shared/errors.ts';
import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';
import { type Selectable, sql } from 'kysely';
import { type Conditions, completeConditions } from '../model/conditions.ts';
import type { Instant } from '../model/instant.ts';
import { type ClusterProgress, completeProgress } from '../model/progress.ts';
import { type ClusterRecord, type PageRequest, ProgressConflict } from './inventory.ts';
import { readPage } from './paging.ts';
import { allOf, changesAny, firstOf } from './rows.ts';
import type { Connection, Schema } from './schema.ts';
import { isDuplicate } from './sqlite-errors.ts';

export function clusterRepository(connection: Connection) {
  const rows = () => connection().selectFrom('clusters').selectAll();

  const find = (name: string) => firstOf(rows().where('name', '=', name), toRecord);

  async function required(name: string): Promise<ClusterRecord> {
    const record = await find(name);
    if (record === null) throw failure('not_found', { what: 'cluster', name });
    return record;
  }

  return {
    find,

    /** Throws `cluster_exists`. */
    async create(record: ClusterRecord) {
      const row = {
        name: record.spec.name,
        id: record.id,
        revision: record.spec.revision,
        spec: JSON.stringify(record.spec),
        progress: JSON.stringify(record.progress),
        conditions: JSON.stringify(record.conditions),
        progressVersion: record.progressVersion,
        createdAt: record.createdAt,
      };
      try {
        await connection().insertInto('clusters').values(row).execute();
      } catch (error) {
        throw isDuplicate(error) ? failure('cluster_exists', { cluster: record.spec.name }, { cause: error }) : error;
      }
    },

    all: () => allOf(rows().orderBy('name'), toRecord),

    findById: (id: string) => firstOf(rows().where('id', '=', id), toRecord),

    /** Either the clusters that are deleted and whose name is free, or all others. */
    list(page: PageRequest, deleted = false) {
      const query = rows().where('deletedAt', deleted ? 'is not' : 'is', null);
      return readPage('clusters', page, query, { by: 'name', direction: 'asc' }, toRecord);
    },

    /** Stores the next revision; throws `revision_conflict` unless the stored one is `expected`. */
    async keepSpec(name: string, expected: number, spec: ClusterSpec) {
      const { revision } = spec;
      const update = connection()
        .updateTable('clusters')
        .set({ spec: JSON.stringify(spec), revision })
        .where('name', '=', name)
        .where('revision', '=', expected);
      if (await changesAny(update)) return;
      throw failure('revision_conflict', { cluster: name, actual: (await required(name)).spec.revision, expected });
    },

    /**
     * Stores the next version, even of the same progress: a reader of the earlier one may not know a node that joined.
     * SQLite writes no page whose bytes stay the same. Without conditions, the stored ones stay. Throws `ProgressConflict` unless the stored one is `expected`,
     * and `not_found`.
     */
    async keepProgress(name: string, expected: number, progress: ClusterProgress, conditions?: Conditions) {
      const update = connection()
        .updateTable('clusters')
        .set({
          progress: JSON.stringify(progress),
          progressVersion: expected + 1,
          ...(conditions && { conditions: JSON.stringify(conditions) }),
        })
        .where('name', '=', name)
        .where('progressVersion', '=', expected);
      if (await changesAny(update)) return;
      throw new ProgressConflict(name, expected, (await required(name)).progressVersion);
    },

    /**
     * Gives everything that is stored under the name of a deleted cluster the name of this spec: its nodes, tokens,
     * revisions, snapshots, certificates and events. Another cluster can have the old name then, and gets none of it.
     */
    async file(name: string, spec: ClusterSpec, at: Instant) {
      // Until the end of this transaction, rows may refer to a name that no cluster has.
      await sql`pragma defer_foreign_keys = on`.execute(connection());
      const filed = { name: spec.name, spec: JSON.stringify(spec), deletedAt: at };
      await connection().updateTable('clusters').set(filed).where('name', '=', name).execute();
      for (const table of ['nodes', 'tokens', 'revisions', 'snapshots', 'certificates', 'events'] as const)
        await connection().updateTable(table).set({ cluster: spec.name }).where('cluster', '=', name).execute();
    },
  };
}

function toRecord(row: Selectable<Schema['clusters']>): ClusterRecord {
  return {
    id: row.id,
    spec: JSON.parse(row.spec) as ClusterSpec,
    progress: completeProgress(JSON.parse(row.progress) as Partial<ClusterProgress>),
    conditions: completeConditions(JSON.parse(row.conditions) as Partial<Conditions>),
    progressVersion: row.progressVersion,
    createdAt: row.createdAt,
  };
}
