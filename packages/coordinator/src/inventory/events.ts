import { sql } from 'kysely';
import type { EventRepository } from './inventory.ts';
import { readPage } from './paging.ts';
import type { Connection } from './schema.ts';

/** See {@link EventRepository}. */
export function eventRepository(connection: Connection): EventRepository {
  return {
    async append(event) {
      const { at, cluster, kind } = event;
      const facts = JSON.stringify(event.facts);
      await connection().insertInto('events').values({ at, cluster, kind, facts }).execute();
    },

    async removeBefore(before, most) {
      const { numAffectedRows = 0n } = await sql`
        delete from events where id in (select id from events where at < ${before} order by id limit ${most})
      `.execute(connection());
      return Number(numAffectedRows);
    },

    async keepNewest(ofEach) {
      const clusters = await connection().selectFrom('events').select('cluster').distinct().execute();
      for (const { cluster } of clusters) {
        await sql`
          delete from events where cluster is ${cluster} and id <= (
            select id from events where cluster is ${cluster} order by id desc limit 1 offset ${ofEach}
          )
        `.execute(connection());
      }
    },

    async list(page, cluster) {
      const query = connection()
        .selectFrom('events')
        .selectAll()
        .$if(cluster !== null, (all) => all.where('cluster', '=', cluster ?? ''));
      return readPage('events', page, query, { by: 'id', direction: 'desc' }, ({ facts, ...row }) => ({
        ...row,
        facts: JSON.parse(facts) as object,
      }));
    },
  };
}
