import { failure } from '@picket/shared/errors.ts';
import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';
import type { Selectable } from 'kysely';
import type { ClusterProgress } from '../model/progress.ts';
import type { ClusterRecord, ClusterRepository } from './inventory.ts';
import { cursorKey, pageSize, toPage } from './paging.ts';
import type { Connection, Schema } from './schema.ts';
import { isDuplicate } from './sqlite-errors.ts';

/** See {@link ClusterRepository}. */
export function clusterRepository(connection: Connection): ClusterRepository {
  async function find(name: string): Promise<ClusterRecord | null> {
    const row = await connection().selectFrom('clusters').selectAll().where('name', '=', name).executeTakeFirst();
    return row === undefined ? null : toRecord(row);
  }

  return {
    find,

    async create(record) {
      const row = {
        name: record.spec.name,
        id: record.id,
        revision: record.spec.revision,
        spec: JSON.stringify(record.spec),
        progress: JSON.stringify(record.progress),
        createdAt: record.createdAt,
      };
      try {
        await connection().insertInto('clusters').values(row).execute();
      } catch (error) {
        throw isDuplicate(error) ? failure('cluster_exists', { name: record.spec.name }, { cause: error }) : error;
      }
    },

    async all() {
      const rows = await connection().selectFrom('clusters').selectAll().orderBy('name').execute();
      return rows.map(toRecord);
    },

    async list(page) {
      const size = pageSize(page);
      const after = cursorKey('clusters', page);
      const rows = await connection()
        .selectFrom('clusters')
        .selectAll()
        .$if(after !== undefined, (query) => query.where('name', '>', after ?? ''))
        .orderBy('name')
        .limit(size + 1)
        .execute();
      return toPage('clusters', rows, size, toRecord, (row) => row.name);
    },

    async keepSpec(name, expected, spec) {
      const { numUpdatedRows } = await connection()
        .updateTable('clusters')
        .set({ spec: JSON.stringify(spec), revision: spec.revision })
        .where('name', '=', name)
        .where('revision', '=', expected)
        .executeTakeFirst();
      if (numUpdatedRows > 0n) return;
      const stored = await find(name);
      if (stored === null) throw failure('not_found', { what: 'cluster', name });
      throw failure('revision_conflict', { name, actual: stored.spec.revision, expected });
    },

    async keepProgress(name, progress) {
      const { numUpdatedRows } = await connection()
        .updateTable('clusters')
        .set({ progress: JSON.stringify(progress) })
        .where('name', '=', name)
        .executeTakeFirst();
      if (numUpdatedRows === 0n) throw failure('not_found', { what: 'cluster', name });
    },
  };
}

function toRecord(row: Selectable<Schema['clusters']>): ClusterRecord {
  return {
    id: row.id,
    spec: JSON.parse(row.spec) as ClusterSpec,
    progress: JSON.parse(row.progress) as ClusterProgress,
    createdAt: row.createdAt,
  };
}
