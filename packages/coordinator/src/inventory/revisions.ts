import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';
import type { Selectable } from 'kysely';
import type { RevisionRecord, RevisionRepository } from './inventory.ts';
import { readPage } from './paging.ts';
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
      const query = connection().selectFrom('revisions').selectAll().where('cluster', '=', cluster);
      return readPage('revisions', page, query, { by: 'revision', direction: 'desc' }, toRecord);
    },
  };
}

function toRecord({ spec, at, by }: Selectable<Schema['revisions']>): RevisionRecord {
  return { spec: JSON.parse(spec) as ClusterSpec, at, by };
}
