import { type Selectable, sql } from 'kysely';
import type { IdentityKeyRecord, IdentityKeyRepository } from './inventory.ts';
import type { Connection, Schema } from './schema.ts';

/** See {@link IdentityKeyRepository}. */
export function identityKeyRepository(connection: Connection): IdentityKeyRepository {
  async function supersedePending(nodeId: string): Promise<void> {
    await connection()
      .updateTable('identity_keys')
      .set({ standing: 'superseded', certificate: null })
      .where('node_id', '=', nodeId)
      .where('standing', '=', 'pending')
      .execute();
  }

  return {
    async all() {
      return (await connection().selectFrom('identity_keys').selectAll().execute()).map(toRecord);
    },

    async ofNode(nodeId) {
      const rows = await connection()
        .selectFrom('identity_keys')
        .selectAll()
        .where('node_id', '=', nodeId)
        .orderBy('generation')
        .execute();
      return rows.map(toRecord);
    },

    async find(spkiHash) {
      const row = await connection()
        .selectFrom('identity_keys')
        .selectAll()
        .where('spki_hash', '=', spkiHash)
        .executeTakeFirst();
      return row === undefined ? null : toRecord(row);
    },

    async keepPending({ spkiHash, nodeId, generation, certificate }) {
      await supersedePending(nodeId);
      const row = { node_id: nodeId, generation, standing: 'pending', certificate } as const;
      await connection()
        .insertInto('identity_keys')
        .values({ spki_hash: spkiHash, ...row })
        .onConflict((conflict) => conflict.column('spki_hash').doUpdateSet(row))
        .execute();
    },

    async removeForgotten() {
      await sql`
        delete from identity_keys where standing = 'superseded'
          and not exists (select 1 from certificates where certificates.spki_hash = identity_keys.spki_hash)
      `.execute(connection());
    },

    async putInForce(nodeId, spkiHash) {
      const former = await connection()
        .selectFrom('nodes')
        .select(['spki_hash', 'identity_generation'])
        .where('id', '=', nodeId)
        .executeTakeFirstOrThrow();
      await connection().deleteFrom('identity_keys').where('spki_hash', '=', spkiHash).execute();
      await supersedePending(nodeId);
      await connection()
        .updateTable('nodes')
        .set({ spki_hash: spkiHash, identity_generation: sql<number>`identity_generation + 1` })
        .where('id', '=', nodeId)
        .execute();
      await connection()
        .insertInto('identity_keys')
        .values({
          spki_hash: former.spki_hash,
          node_id: nodeId,
          generation: former.identity_generation,
          standing: 'superseded',
          certificate: null,
        })
        .execute();
    },
  };
}

function toRecord(row: Selectable<Schema['identity_keys']>): IdentityKeyRecord {
  return {
    spkiHash: row.spki_hash,
    nodeId: row.node_id,
    generation: row.generation,
    standing: row.standing,
    certificate: row.certificate,
  };
}
