import { type Selectable, sql } from 'kysely';
import type { CertificateRecord, CertificateRepository, NewCertificate } from './inventory.ts';
import { readPage } from './paging.ts';
import type { Connection, Schema } from './schema.ts';

/** See {@link CertificateRepository}. */
export function certificateRepository(connection: Connection): CertificateRepository {
  async function createAll(records: readonly NewCertificate[]): Promise<void> {
    if (records.length === 0) return;
    await connection()
      .insertInto('certificates')
      .values(records.map((record) => ({ ...record, revokedAt: null })))
      .execute();
  }

  return {
    createAll,
    create: (record) => createAll([record]),

    async find(serial) {
      const row = await connection()
        .selectFrom('certificates')
        .selectAll()
        .where('serial', '=', serial)
        .executeTakeFirst();
      return row === undefined ? null : toRecord(row);
    },

    async list(page, cluster) {
      const query = connection()
        .selectFrom('certificates')
        .selectAll()
        .$if(cluster !== null, (all) => all.where('cluster', '=', cluster ?? ''));
      return readPage('certificates', page, query, { by: 'number', direction: 'desc' }, toRecord);
    },

    async identities() {
      const rows = await connection()
        .selectFrom('certificates')
        .selectAll()
        .where('purpose', 'in', ['node', 'operator'])
        .orderBy('number')
        .execute();
      return rows.map(toRecord);
    },

    async revoke(serial, at) {
      const { numUpdatedRows } = await connection()
        .updateTable('certificates')
        .set({ revokedAt: at })
        .where('serial', '=', serial)
        .where('revokedAt', 'is', null)
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },

    async revoked() {
      const rows = await connection()
        .selectFrom('certificates')
        .selectAll()
        .where('revokedAt', 'is not', null)
        .orderBy('number')
        .execute();
      return rows.map(toRecord);
    },

    async removeEnded(before, most) {
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

    async endedRevocations(before, most) {
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
      return rows.map(toRecord);
    },

    async remove(serials) {
      if (serials.length === 0) return;
      await connection().deleteFrom('certificates').where('serial', 'in', serials).execute();
    },

    async lastIssuance() {
      const row = await connection()
        .selectFrom('certificates')
        .select(({ fn }) => fn.max<number | null>('issuedAt').as('last'))
        .executeTakeFirstOrThrow();
      return row.last;
    },
  };
}

function toRecord({ number: _order, ...record }: Selectable<Schema['certificates']>): CertificateRecord {
  return record;
}
