import { sql } from 'kysely';
import type { IdentityKeyRecord } from './inventory.ts';
import type { Connection } from './schema.ts';

export function identityKeyRepository(connection: Connection) {
  const rows = () => connection().selectFrom('identity_keys').selectAll();

  async function supersedePending(nodeId: string): Promise<void> {
    await connection()
      .updateTable('identity_keys')
      .set({ standing: 'superseded', certificate: null })
      .where('nodeId', '=', nodeId)
      .where('standing', '=', 'pending')
      .execute();
  }

  return {
    async all(): Promise<readonly IdentityKeyRecord[]> {
      return rows().execute();
    },

    async ofNode(nodeId: string): Promise<readonly IdentityKeyRecord[]> {
      return rows().where('nodeId', '=', nodeId).orderBy('generation').execute();
    },

    async find(spkiHash: string): Promise<IdentityKeyRecord | null> {
      return (await rows().where('spkiHash', '=', spkiHash).executeTakeFirst()) ?? null;
    },

    /** Makes this the node's one pending key; it replaces any other, which becomes superseded without use. */
    async keepPending({ spkiHash, nodeId, generation, certificate }: Omit<IdentityKeyRecord, 'standing'>) {
      await supersedePending(nodeId);
      const row = { nodeId, generation, standing: 'pending', certificate } as const;
      await connection()
        .insertInto('identity_keys')
        .values({ spkiHash, ...row })
        .onConflict((conflict) => conflict.column('spkiHash').doUpdateSet(row))
        .execute();
    },

    /** Removes the superseded keys without a recorded certificate. */
    async removeForgotten() {
      await sql`
        delete from identity_keys where standing = 'superseded'
          and not exists (select 1 from certificates where certificates."spkiHash" = identity_keys."spkiHash")
      `.execute(connection());
    },

    /** Puts a key in force as its node's next generation; the former one becomes superseded. */
    async putInForce(nodeId: string, spkiHash: string) {
      const former = await connection()
        .selectFrom('nodes')
        .select(['spkiHash', 'identityGeneration'])
        .where('id', '=', nodeId)
        .executeTakeFirstOrThrow();
      await connection().deleteFrom('identity_keys').where('spkiHash', '=', spkiHash).execute();
      await supersedePending(nodeId);
      await connection()
        .updateTable('nodes')
        .set({ spkiHash, identityGeneration: sql<number>`"identityGeneration" + 1` })
        .where('id', '=', nodeId)
        .execute();
      const { identityGeneration: generation, ...key } = former;
      const superseded = { ...key, nodeId, generation, standing: 'superseded', certificate: null } as const;
      await connection().insertInto('identity_keys').values(superseded).execute();
    },
  };
}
