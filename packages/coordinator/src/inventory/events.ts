import type { Page } from '@picket/shared/protocol/page.ts';
import { type Selectable, type SelectQueryBuilder, sql } from 'kysely';
import type { Instant } from '../model/instant.ts';
import type { EventNews } from './event-news.ts';
import { subjectsOf } from './event-subjects.ts';
import type { EventRecord, PageRequest } from './inventory.ts';
import { readPage } from './paging.ts';
import { allOf } from './rows.ts';
import type { Connection, Schema } from './schema.ts';

/** Which events are wanted; all that a field does not exclude. */
export interface EventFilter {
  /** The ID of a node, or the name of a member or a client. */
  readonly node?: string | undefined;
  readonly kinds?: readonly string[] | undefined;
  /** No events of these kinds. */
  readonly otherThan?: readonly string[] | undefined;
  /** From this moment on, and before that one. */
  readonly since?: Instant | undefined;
  readonly until?: Instant | undefined;
  /** Only events with higher IDs. */
  readonly newerThan?: number | undefined;
}

/** @param news hears of each event that is stored or removed on this connection */
export function eventRepository(connection: Connection, news: Pick<EventNews, 'committed' | 'removed'>) {
  return {
    /** With the subjects that its facts name. Outside of a transaction, a power cut may keep the event alone. */
    async append(event: Omit<EventRecord, 'id'>) {
      const { at, cluster, kind } = event;
      const facts = JSON.stringify(event.facts);
      const row = { at, cluster, kind, facts };
      const { id } = await connection().insertInto('events').values(row).returning('id').executeTakeFirstOrThrow();
      const subjects = subjectsOf(kind, event.facts).map((subject) => ({ subject, eventId: id }));
      if (subjects.length > 0) await connection().insertInto('event_subjects').values(subjects).execute();
      news.committed(id);
    },

    /** Removes at most `most` events from before this moment. @returns how many */
    async removeBefore(before: Instant, most: number): Promise<number> {
      const { numAffectedRows = 0n } = await sql`
        delete from events where id in (select id from events where at < ${before} order by id limit ${most})
      `.execute(connection());
      if (numAffectedRows > 0) news.removed();
      return Number(numAffectedRows);
    },

    /** Keeps this many of the newest events of each cluster, and of those without a cluster. */
    async keepNewest(ofEach: number) {
      const clusters = await connection().selectFrom('events').select('cluster').distinct().execute();
      for (const { cluster } of clusters) {
        const { numAffectedRows = 0n } = await sql`
          delete from events where cluster is ${cluster} and id <= (
            select id from events where cluster is ${cluster} order by id desc limit 1 offset ${ofEach}
          )
        `.execute(connection());
        if (numAffectedRows > 0) news.removed();
      }
    },

    /** The newest first. A page and the next one must be asked for with the same filter. */
    async list(page: PageRequest, cluster: string | null, filter: EventFilter = {}): Promise<Page<EventRecord>> {
      const query = among(connection().selectFrom('events').selectAll(), cluster, filter);
      return readPage('events', page, query, { by: 'id', direction: 'desc' }, recordOf);
    },

    /** Whether an event of this cluster, or of any, names this node, member or client. */
    async hasSubject(subject: string, cluster: string | null): Promise<boolean> {
      const query = among(connection().selectFrom('events').select('id'), cluster, { node: subject });
      return (await query.limit(1).executeTakeFirst()) !== undefined;
    },

    /** The first events after `filter.newerThan`, the oldest first, at most `most`. */
    async oldest(most: number, cluster: string | null, filter: EventFilter): Promise<readonly EventRecord[]> {
      const query = among(connection().selectFrom('events').selectAll(), cluster, filter);
      return allOf(query.orderBy('id').limit(most), recordOf);
    },

    /**
     * Whether events of this cluster, or of any, may have been removed after the one with this ID. IDs have no holes
     * but those of removed events, and of each cluster the oldest events are removed first.
     *
     * @param newest the highest ID that an event has had
     */
    async isMissingAfter(id: number, cluster: string | null, newest: number): Promise<boolean> {
      const events = connection().selectFrom('events');
      let before = newest + 1;
      if (cluster !== null) {
        const own = await events.where('cluster', '=', cluster).select('id').orderBy('id').limit(1).executeTakeFirst();
        before = own?.id ?? before;
      }
      const { count } = await events
        .where('id', '>', id)
        .where('id', '<', before)
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow();
      return id > newest || count < before - 1 - id;
    },

    /** Gives the next event an ID that is higher by so many: a lost copy of the store may have given those before it. */
    async skipIds(count: number) {
      const skipped = await sql`update sqlite_sequence set seq = seq + ${count} where name = 'events'`.execute(
        connection(),
      );
      if (skipped.numAffectedRows === 0n)
        await sql`insert into sqlite_sequence (name, seq) values ('events', ${count})`.execute(connection());
    },
  };
}

/** The highest ID that the store has given to an event; 0 if it has given none. */
export async function lastEventId(connection: Connection): Promise<number> {
  const { rows } = await sql<{ seq: number }>`select seq from sqlite_sequence where name = 'events'`.execute(
    connection(),
  );
  return rows[0]?.seq ?? 0;
}

function among<Row>(
  query: SelectQueryBuilder<Schema, 'events', Row>,
  cluster: string | null,
  { node, kinds, otherThan, since, until, newerThan }: EventFilter,
): SelectQueryBuilder<Schema, 'events', Row> {
  let found = query;
  if (cluster !== null) found = found.where('cluster', '=', cluster);
  if (node !== undefined) {
    found = found.where('id', 'in', (select) =>
      select.selectFrom('event_subjects').select('eventId').where('subject', '=', node),
    );
  }
  if (kinds !== undefined) found = found.where(sql<boolean>`kind in ${oneOf(kinds)}`);
  if (otherThan !== undefined) found = found.where(sql<boolean>`kind not in ${oneOf(otherThan)}`);
  if (since !== undefined) found = found.where('at', '>=', since);
  if (until !== undefined) found = found.where('at', '<', until);
  if (newerThan !== undefined) found = found.where('id', '>', newerThan);
  return found;
}

/** One parameter, so that the number of kinds makes no other statement. */
function oneOf(kinds: readonly string[]) {
  return sql`(select value from json_each(${JSON.stringify(kinds)}))`;
}

function recordOf({ facts, ...row }: Selectable<Schema['events']>): EventRecord {
  return { ...row, facts: JSON.parse(facts) as object };
}
