import { canonicalJson, entryHash, noHash } from '@picket/shared/audit/entry-hash.ts';
import { failure } from '@picket/shared/errors.ts';
import { isoTime } from '@picket/shared/iso-time.ts';
import { parseJson } from '@picket/shared/parse-json.ts';
import { AuditEntry, type AuditHead } from '@picket/shared/protocol/audit.ts';
import { fits } from '@picket/shared/protocol/check.ts';
import type { Page } from '@picket/shared/protocol/page.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import type { NewAuditEntry, PageRequest } from './inventory.ts';
import { readPage } from './paging.ts';
import { allOf, firstOf } from './rows.ts';
import type { Connection, Schema } from './schema.ts';

export function auditRepository(connection: Connection) {
  const rows = () => connection().selectFrom('audit').selectAll();

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

    /** The newest first. Throws `audit_not_whole` for an entry that somebody has made unreadable. */
    async list(page: PageRequest): Promise<Page<AuditEntry>> {
      return readPage('audit', page, rows(), { by: 'number', direction: 'desc' }, readable);
    },

    /**
     * The entries after this number, the oldest first, at most `most`. `number` is where the store keeps an entry: somebody
     * may have changed the number in the entry, or made it unreadable (null).
     */
    after(number: number, most: number) {
      const next = rows().where('number', '>', number).orderBy('number').limit(most);
      return allOf(next, (row) => ({ number: row.number, entry: toEntry(row) }));
    },

    /** The number of the oldest entry after this one; null if there is none. */
    oldestAfter: (number: number) =>
      firstOf(rows().where('number', '>', number).orderBy('number').limit(1), (row) => row.number),

    /** The last entry up to this number, and how many there are up to it; null if there is none. */
    async lastUpTo(number: number) {
      const upTo = connection().selectFrom('audit').where('number', '<=', number);
      const last = await upTo.select(['number', 'at', 'hash']).orderBy('number', 'desc').limit(1).executeTakeFirst();
      const { count } = await upTo.select(({ fn }) => fn.countAll<number>().as('count')).executeTakeFirstOrThrow();
      return last === undefined ? null : { ...last, count };
    },

    /** Removes the oldest entries, up to this number. */
    async removeTo(number: number) {
      await connection().deleteFrom('audit').where('number', '<=', number).execute();
    },
  };
}

function toEntry({ entry, hash }: Schema['audit']): AuditEntry | null {
  const read: unknown = { ...(parseJson(entry) as object), hash };
  return fits(AuditEntry, read) ? read : null;
}

function readable(row: Schema['audit']): AuditEntry {
  const entry = toEntry(row);
  if (entry !== null) return entry;
  throw failure('audit_not_whole', { problem: reason('audit_entry_changed', { number: row.number }) });
}
