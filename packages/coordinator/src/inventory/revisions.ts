import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';
import type { Selectable } from 'kysely';
import type { RevisionRecord, RevisionRepository } from './inventory.ts';
import { numericCursorKey, pageSize, toPage } from './paging.ts';
import type { Connection, Schema } from './schema.ts';

/** See {@link RevisionRepository}. */
export function revisionRepository(connection: Connection): RevisionRepository {
  return {
    async keep({ spec, at, by }) {
      const row = { cluster: spec.name, revision: spec.revision, spec: JSON.stringify(spec), at, by };
      await connection().insertInto('revisions').values(row).execute();
    },

    async find(cluster, revision) {
      const row = await connection()
        .selectFrom('revisions')
        .selectAll()
        .where('cluster', '=', cluster)
        .where('revision', '=', revision)
        .executeTakeFirst();
      return row === undefined ? null : toRecord(row);
    },

    async list(page, cluster) {
      const size = pageSize(page);
      const after = numericCursorKey('revisions', page);
      const rows = await connection()
        .selectFrom('revisions')
        .selectAll()
        .where('cluster', '=', cluster)
        .$if(after !== undefined, (query) => query.where('revision', '<', after ?? 0))
        .orderBy('revision', 'desc')
        .limit(size + 1)
        .execute();
      return toPage('revisions', rows, size, toRecord, (row) => row.revision);
    },
  };
}

function toRecord({ spec, at, by }: Selectable<Schema['revisions']>): RevisionRecord {
  return { spec: JSON.parse(spec) as ClusterSpec, at, by };
}
