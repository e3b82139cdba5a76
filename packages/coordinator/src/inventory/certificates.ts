import { type Selectable, sql } from 'kysely';
import type { Instant } from '../model/instant.ts';
import type { CertificateRecord, NewCertificate, PageRequest } from './inventory.ts';
import { readPage } from './paging.ts';
import { allOf, changesAny, firstOf, withoutNumber } from './rows.ts';
import type { Connection, Schema } from './schema.ts';

export function certificateRepository(connection: Connection) {
  const rows = () => connection().selectFrom('certificates').selectAll();

  async function createAll(records: readonly NewCertificate[]): Promise<void> {
    if (records.length === 0) return;
    await connection()
      .insertInto('certificates')
      .values(records.map((record) => ({ ...record, revokedAt: null })))
      .execute();
  }

  return {
    /** All in one write: a batch costs one fsync. */
    createAll,
    create: (record: NewCertificate) => createAll([record]),

    find: (serial: string) => firstOf(rows().where('serial', '=', serial), withoutNumber),

    list: (page: PageRequest, cluster: string | null) =>
      readPage('certificates', page, rows(), { by: 'number', direction: 'desc', cluster }, withoutNumber),

    /** Those that can prove a principal to this coordinator: node and operator certificates. */
    identities: () => allOf(rows().where('purpose', 'in', ['node', 'operator']).orderBy('number'), withoutNumber),

    /** Those of this principal that end after this moment, the newest first. */
    ofPrincipal(principal: string, endAfter: Instant) {
      const found = rows().where('principal', '=', principal).where('notAfter', '>', endAfter);
      return allOf(found.orderBy('number', 'desc'), withoutNumber);
    },

    /** False without a change if the serial is unknown or revoked already. */
    revoke(serial: string, at: Instant) {
      const update = connection().updateTable('certificates').set({ revokedAt: at });
      return changesAny(update.where('serial', '=', serial).where('revokedAt', 'is', null));
    },

    revoked: () => allOf(rows().where('revokedAt', 'is not', null).orderBy('number'), withoutNumber),

    /**
     * Removes at most `most` records of certificates that ended before this moment. Keeps revoked ones, those that date
     * the last issuance (R14), and the newest of each key that a node has in force or pending.
     *
     * @returns how many
     */
    async removeEnded(before: Instant, most: number): Promise<number> {
      const { numAffectedRows = 0n } = await sql`
        delete from certificates where number in (
          select number from certificates as ended
          where "notAfter" < ${before} and "revokedAt" is null
            and number <> (select max(number) from certificates)
            and "issuedAt" < (select max("issuedAt") from certificates)
            and not (
              number = (select max(number) from certificates as other where other."spkiHash" = ended."spkiHash")
              and (
                exists (select 1 from nodes where nodes."spkiHash" = ended."spkiHash")
                or exists (
                  select 1 from identity_keys as key where key."spkiHash" = ended."spkiHash" and key.standing = 'pending'
                )
              )
            )
          limit ${most}
        )`.execute(connection());
      return Number(numAffectedRows);
    },

    /**
     * At most `most` records of certificates that were revoked and ended before this moment. Leaves out those of a key
     * that a node has, or that has another certificate which had not ended by then, and those that date the last
     * issuance (R14).
     */
    async endedRevocations(before: Instant, most: number): Promise<readonly CertificateRecord[]> {
      const { rows } = await sql<Selectable<Schema['certificates']>>`
        select * from certificates as revoked
        where "notAfter" < ${before} and "revokedAt" is not null
          and revoked.number <> (select max(number) from certificates)
          and revoked."issuedAt" < (select max("issuedAt") from certificates)
          and not exists (
            select 1 from certificates as other where other."spkiHash" = revoked."spkiHash" and other."notAfter" >= ${before}
          )
          and not exists (select 1 from nodes as holder where holder."spkiHash" = revoked."spkiHash")
          and not exists (
            select 1 from identity_keys as next where next."spkiHash" = revoked."spkiHash" and next.standing = 'pending'
          )
        limit ${most}`.execute(connection());
      return rows.map(withoutNumber);
    },

    /** Removes the records of these serials. */
    async remove(serials: readonly string[]) {
      if (serials.length === 0) return;
      await connection().deleteFrom('certificates').where('serial', 'in', serials).execute();
    },

    /** When the newest was issued; null before the first (R14). */
    async lastIssuance(): Promise<Instant | null> {
      const row = await connection()
        .selectFrom('certificates')
        .select(({ fn }) => fn.max<number | null>('issuedAt').as('last'))
        .executeTakeFirstOrThrow();
      return row.last;
    },
  };
}
