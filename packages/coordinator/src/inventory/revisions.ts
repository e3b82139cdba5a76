import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';
import type { Selectable } from 'kysely';
import type { PageRequest, RevisionRecord } from './inventory.ts';
import { readPage } from './paging.ts';
import { firstOf } from './rows.ts';
import type { Connection, Schema } from './schema.ts';

export function revisionRepository(connection: Connection) {
  const rows = (cluster: string) => connection().selectFrom('revisions').selectAll().where('cluster', '=', cluster);

  return {
    async keep({ spec, at, by }: RevisionRecord) {
      const row = { cluster: spec.name, revision: spec.revision, spec: JSON.stringify(spec), at, by };
      await connection().insertInto('revisions').values(row).execute();
    },

    find: (cluster: string, revision: number) => firstOf(rows(cluster).where('revision', '=', revision), toRecord),

    list: (page: PageRequest, cluster: string) =>
      readPage('revisions', page, rows(cluster), { by: 'revision', direction: 'desc' }, toRecord),
  };
}

function toRecord({ spec, at, by }: Selectable<Schema['revisions']>): RevisionRecord {
  return { spec: JSON.parse(spec) as ClusterSpec, at, by };
}
