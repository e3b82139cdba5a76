import type { Restoration, RestorationRepository } from './inventory.ts';
import type { Connection } from './schema.ts';

const property = 'restoration';

/** See {@link RestorationRepository}. */
export function restorationRepository(connection: Connection): RestorationRepository {
  return {
    async find() {
      const row = await connection()
        .selectFrom('properties')
        .select('value')
        .where('name', '=', property)
        .executeTakeFirst();
      return row === undefined ? null : (JSON.parse(row.value) as Restoration);
    },

    async keep(restoration) {
      const value = JSON.stringify(restoration);
      await connection()
        .insertInto('properties')
        .values({ name: property, value })
        .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
        .execute();
    },

    async voidTheOld() {
      await connection().deleteFrom('admissions').execute();
      await connection()
        .updateTable('tokens')
        .set(({ ref }) => ({ usesSpent: ref('usesAllowed') }))
        .execute();
      await connection().deleteFrom('reports').execute();
    },
  };
}
