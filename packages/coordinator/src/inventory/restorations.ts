import type { Restoration } from './inventory.ts';
import { firstOf } from './rows.ts';
import type { Connection } from './schema.ts';

const property = 'restoration';

export function restorationRepository(connection: Connection) {
  return {
    /** The last one; null for a store that was never restored. */
    async find(): Promise<Restoration | null> {
      const row = connection().selectFrom('properties').select('value').where('name', '=', property);
      return firstOf(row, ({ value }) => JSON.parse(value) as Restoration);
    },

    async keep(restoration: Restoration) {
      const value = JSON.stringify(restoration);
      await connection()
        .insertInto('properties')
        .values({ name: property, value })
        .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
        .execute();
    },

    /** Spends every join token, removes every login string, and forgets which nodes used them and what nodes reported: all of it is from before. */
    async voidTheOld() {
      await connection().deleteFrom('admissions').execute();
      await connection()
        .updateTable('tokens')
        .set(({ ref }) => ({ usesSpent: ref('usesAllowed') }))
        .execute();
      await connection().deleteFrom('logins').execute();
      await connection().deleteFrom('reports').execute();
    },
  };
}
