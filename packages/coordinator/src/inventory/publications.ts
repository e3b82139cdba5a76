import { failure } from '@picket/shared/errors.ts';
import { parseJson } from '@picket/shared/parse-json.ts';
import type { DesiredState } from '@picket/shared/protocol/desired-state.ts';
import type { PublicationRecord, StoredPublication } from './inventory.ts';
import { allOf } from './rows.ts';
import type { Connection } from './schema.ts';

export function publicationRepository(connection: Connection) {
  return {
    async all(): Promise<readonly StoredPublication[]> {
      const rows = connection().selectFrom('publications').selectAll().orderBy('nodeId');
      return allOf(rows, (row) => ({ ...row, document: readDocument(row.document) }));
    },

    /** Throws `generation_not_higher` unless the node's stored generation is lower (R5). */
    async publish({ nodeId, generation, document }: PublicationRecord) {
      const row = { nodeId, generation, document: JSON.stringify(document) };
      const { numInsertedOrUpdatedRows } = await connection()
        .insertInto('publications')
        .values(row)
        .onConflict((conflict) =>
          conflict.column('nodeId').doUpdateSet(row).where('publications.generation', '<', generation),
        )
        .executeTakeFirst();
      if (numInsertedOrUpdatedRows !== 0n) return;
      const stored = await connection()
        .selectFrom('publications')
        .select('generation')
        .where('nodeId', '=', nodeId)
        .executeTakeFirstOrThrow();
      throw failure('generation_not_higher', { nodeId, generation, published: stored.generation });
    },
  };
}

function readDocument(text: string): DesiredState | null {
  const document = parseJson(text) as Partial<DesiredState> | null | undefined;
  return typeof document?.inventory === 'string' && Array.isArray(document.priorSeals)
    ? (document as DesiredState)
    : null;
}
