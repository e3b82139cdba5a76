import type { Page } from '@picket/shared/protocol/page.ts';
import { sql } from 'kysely';
import type { Instant } from '../model/instant.ts';
import { subjectsOf } from './event-subjects.ts';
import type { EventRecord, PageRequest } from './inventory.ts';
import { readPage } from './paging.ts';
import type { Connection } from './schema.ts';

/** Which events are wanted; all that a field does not exclude. */
export interface EventFilter {
  /** The ID of a node, or the name of a member or a client. */
  readonly node?: string | undefined;
  readonly kinds?: readonly string[] | undefined;
  /** From this moment on, and before that one. */
  readonly since?: Instant | undefined;
  readonly until?: Instant | undefined;
  /** Only events with higher IDs. */
  readonly newerThan?: number | undefined;
}

export function eventRepository(connection: Connection) {
  return {
    /** With the subjects that its facts name. Outside of a transaction, a power cut may keep the event alone. */
    async append(event: Omit<EventRecord, 'id'>) {
      const { at, cluster, kind } = event;
      const facts = JSON.stringify(event.facts);
      const row = { at, cluster, kind, facts };
      const { id } = await connection().insertInto('events').values(row).returning('id').executeTakeFirstOrThrow();
      const subjects = subjectsOf(kind, event.facts).map((subject) => ({ subject, eventId: id }));
      if (subjects.length > 0) await connection().insertInto('event_subjects').values(subjects).execute();
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

    /** The newest first. A page and the next one must be asked for with the same filter. */
    async list(page: PageRequest, cluster: string | null, filter: EventFilter = {}): Promise<Page<EventRecord>> {
      const { node, kinds, since, until, newerThan } = filter;
      let query = connection().selectFrom('events').selectAll();
      if (cluster !== null) query = query.where('cluster', '=', cluster);
      if (node !== undefined) {
        query = query.where('id', 'in', (select) =>
          select.selectFrom('event_subjects').select('eventId').where('subject', '=', node),
        );
      }
      // One parameter, so that the number of kinds makes no other statement.
      if (kinds !== undefined)
        query = query.where(sql<boolean>`kind in (select value from json_each(${JSON.stringify(kinds)}))`);
      if (since !== undefined) query = query.where('at', '>=', since);
      if (until !== undefined) query = query.where('at', '<', until);
      if (newerThan !== undefined) query = query.where('id', '>', newerThan);
      return readPage('events', page, query, { by: 'id', direction: 'desc' }, ({ facts, ...row }) => ({
        ...row,
        facts: JSON.parse(facts) as object,
      }));
    },
  };
}
