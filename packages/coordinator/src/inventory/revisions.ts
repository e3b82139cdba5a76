import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';
import type { Page } from '@picket/shared/protocol/page.ts';
import type { Selectable } from 'kysely';
import type { PageRequest, RevisionRecord } from './inventory.ts';
import { readPage } from './paging.ts';
import type { Connection, Schema } from './schema.ts';

export function revisionRepository(connection: Connection) {
  return {
    async keep({ spec, at, by }: RevisionRecord) {
      const row = { cluster: spec.name, revision: spec.revision, spec: JSON.stringify(spec), at, by };
      await connection().insertInto('revisions').values(row).execute();
    },

    async find(cluster: string, revision: number): Promise<RevisionRecord | null> {
      const row = await connection()
        .selectFrom('revisions')
        .selectAll()
        .where('cluster', '=', cluster)
        .where('revision', '=', revision)
        .executeTakeFirst();
      return row === undefined ? null : toRecord(row);
    },

    async list(page: PageRequest, cluster: string): Promise<Page<RevisionRecord>> {
      const query = connection().selectFrom('revisions').selectAll().where('cluster', '=', cluster);
      return readPage('revisions', page, query, { by: 'revision', direction: 'desc' }, toRecord);
    },
  };
}

function toRecord({ spec, at, by }: Selectable<Schema['revisions']>): RevisionRecord {
  return { spec: JSON.parse(spec) as ClusterSpec, at, by };
}
