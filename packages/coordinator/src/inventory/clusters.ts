import { failure } from '@picket/shared/errors.ts';
import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';
import type { Page } from '@picket/shared/protocol/page.ts';
import type { Selectable } from 'kysely';
import { type Conditions, noConditions } from '../model/conditions.ts';
import { type ClusterProgress, completeProgress } from '../model/progress.ts';
import { type ClusterRecord, type PageRequest, ProgressConflict } from './inventory.ts';
import { cursorKey, pageSize, toPage } from './paging.ts';
import type { Connection, Schema } from './schema.ts';
import { isDuplicate } from './sqlite-errors.ts';

export function clusterRepository(connection: Connection) {
  async function find(name: string): Promise<ClusterRecord | null> {
    const row = await connection().selectFrom('clusters').selectAll().where('name', '=', name).executeTakeFirst();
    return row === undefined ? null : toRecord(row);
  }

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
        throw isDuplicate(error) ? failure('cluster_exists', { name: record.spec.name }, { cause: error }) : error;
      }
    },

    async all(): Promise<readonly ClusterRecord[]> {
      const rows = await connection().selectFrom('clusters').selectAll().orderBy('name').execute();
      return rows.map(toRecord);
    },

    async list(page: PageRequest): Promise<Page<ClusterRecord>> {
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

    /** Stores the next revision; throws `revision_conflict` unless the stored one is `expected`. */
    async keepSpec(name: string, expected: number, spec: ClusterSpec) {
      const { numUpdatedRows } = await connection()
        .updateTable('clusters')
        .set({ spec: JSON.stringify(spec), revision: spec.revision })
        .where('name', '=', name)
        .where('revision', '=', expected)
        .executeTakeFirst();
      if (numUpdatedRows > 0n) return;
      throw failure('revision_conflict', { name, actual: (await required(name)).spec.revision, expected });
    },

    /**
     * Stores the next version, even of the same progress: a reader of the earlier one may not know a node that joined.
     * SQLite writes no page whose bytes stay the same. Without conditions, the stored ones stay. Throws `ProgressConflict` unless the stored one is `expected`,
     * and `not_found`.
     */
    async keepProgress(name: string, expected: number, progress: ClusterProgress, conditions?: Conditions) {
      const { numUpdatedRows } = await connection()
        .updateTable('clusters')
        .set({
          progress: JSON.stringify(progress),
          progressVersion: expected + 1,
          ...(conditions === undefined ? {} : { conditions: JSON.stringify(conditions) }),
        })
        .where('name', '=', name)
        .where('progressVersion', '=', expected)
        .executeTakeFirst();
      if (numUpdatedRows > 0n) return;
      throw new ProgressConflict(name, expected, (await required(name)).progressVersion);
    },
  };
}

function toRecord(row: Selectable<Schema['clusters']>): ClusterRecord {
  return {
    id: row.id,
    spec: JSON.parse(row.spec) as ClusterSpec,
    progress: completeProgress(JSON.parse(row.progress) as Partial<ClusterProgress>),
    conditions: { ...noConditions, ...(JSON.parse(row.conditions) as Partial<Conditions>) },
    progressVersion: row.progressVersion,
    createdAt: row.createdAt,
  };
}
