import type { Page } from '@picket/shared/protocol/page.ts';
import { sql } from 'kysely';
import type { Instant } from '../model/instant.ts';
import type { EventRecord, PageRequest } from './inventory.ts';
import { readPage } from './paging.ts';
import type { Connection } from './schema.ts';

export function eventRepository(connection: Connection) {
  return {
    async append(event: Omit<EventRecord, 'id'>) {
      const { at, cluster, kind } = event;
      const facts = JSON.stringify(event.facts);
      await connection().insertInto('events').values({ at, cluster, kind, facts }).execute();
    },

    /** Removes at most `most` events from before this moment. @returns how many */
    async removeBefore(before: Instant, most: number): Promise<number> {
      const { numAffectedRows = 0n } = await sql`
        delete from events where id in (select id from events where at < ${before} order by id limit ${most})
      `.execute(connection());
      return Number(numAffectedRows);
    },

    /** Keeps this many of the newest events of each cluster, and of those without a cluster. */
    async keepNewest(ofEach: number) {
      const clusters = await connection().selectFrom('events').select('cluster').distinct().execute();
      for (const { cluster } of clusters) {
        await sql`
          delete from events where cluster is ${cluster} and id <= (
            select id from events where cluster is ${cluster} order by id desc limit 1 offset ${ofEach}
          )
        `.execute(connection());
      }
    },

    async list(page: PageRequest, cluster: string | null): Promise<Page<EventRecord>> {
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
