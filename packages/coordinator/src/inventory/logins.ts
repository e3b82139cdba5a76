import type { Instant } from '../model/instant.ts';
import type { LoginRecord } from './inventory.ts';
import type { Connection } from './schema.ts';

export function loginRepository(connection: Connection) {
  return {
    /** Replaces the operator's earlier login, so that each operator has at most one (R18). */
    async keep(record: LoginRecord) {
      const { operator: _key, ...values } = record;
      await connection()
        .insertInto('logins')
        .values(record)
        .onConflict((conflict) => conflict.column('operator').doUpdateSet(values))
        .execute();
    },

    async find(id: string): Promise<LoginRecord | null> {
      const row = await connection().selectFrom('logins').selectAll().where('id', '=', id).executeTakeFirst();
      return row ?? null;
    },

    async all(): Promise<readonly LoginRecord[]> {
      return connection().selectFrom('logins').selectAll().execute();
    },

    async spend(id: string, at: Instant) {
      await connection().updateTable('logins').set({ usedAt: at }).where('id', '=', id).execute();
    },

    async removeOf(operator: string) {
      await connection().deleteFrom('logins').where('operator', '=', operator).execute();
    },
  };
}
