import { canonicalJson, entryHash, noHash } from '@picket/shared/audit/entry-hash.ts';
import { isoTime } from '@picket/shared/iso-time.ts';
import type { AuditEntry, AuditHead } from '@picket/shared/protocol/audit.ts';
import type { Page } from '@picket/shared/protocol/page.ts';
import type { Instant } from '../model/instant.ts';
import type { NewAuditEntry, PageRequest } from './inventory.ts';
import { readPage } from './paging.ts';
import type { Connection, Schema } from './schema.ts';

export function auditRepository(connection: Connection) {
  async function head(): Promise<AuditHead | null> {
    const row = await connection()
      .selectFrom('audit')
      .select(['number', 'hash'])
      .orderBy('number', 'desc')
      .limit(1)
      .executeTakeFirst();
    return row ?? null;
  }

  return {
    head,

    /** Adds an entry after the newest one, within a transaction. @returns its number */
    async append({ at, ...facts }: NewAuditEntry): Promise<number> {
      // Two that read the same newest entry would make two of one number.
      if (!connection().isTransaction) throw new Error('an entry of the audit log is appended within a transaction');
      const newest = await head();
      const number = (newest?.number ?? 0) + 1;
      const entry = { ...facts, number, at: isoTime(at), previous: newest?.hash ?? noHash };
      const row = { number, at, entry: canonicalJson(entry), hash: entryHash(entry) };
      await connection().insertInto('audit').values(row).execute();
      return number;
    },

    /** The newest first. */
    async list(page: PageRequest): Promise<Page<AuditEntry>> {
      return readPage('audit', page, connection().selectFrom('audit').selectAll(), newestFirst, toEntry);
    },

    /** The entries after this number, the oldest first, at most `most`. */
    async after(number: number, most: number): Promise<readonly AuditEntry[]> {
      const rows = await connection()
        .selectFrom('audit')
        .selectAll()
        .where('number', '>', number)
        .orderBy('number')
        .limit(most)
        .execute();
      return rows.map(toEntry);
    },

    /** The entry with this many older ones before it; null if there are not as many. */
    async oldest(
      before: number,
    ): Promise<{ readonly number: number; readonly at: Instant; readonly hash: string } | null> {
      const row = await connection()
        .selectFrom('audit')
        .select(['number', 'at', 'hash'])
        .orderBy('number')
        .limit(1)
        .offset(before)
        .executeTakeFirst();
      return row ?? null;
    },

    /** Removes the oldest entries, up to this number. */
    async removeTo(number: number) {
      await connection().deleteFrom('audit').where('number', '<=', number).execute();
    },
  };
}

const newestFirst = { by: 'number', direction: 'desc' } as const;

function toEntry({ entry, hash }: Schema['audit']): AuditEntry {
  return { ...(JSON.parse(entry) as Omit<AuditEntry, 'hash'>), hash };
}
