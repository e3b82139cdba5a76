import { type Insertable, type Selectable, sql } from 'kysely';
import type { CertificateRecord, CertificateRepository, NewCertificate } from './inventory.ts';
import { numericCursorKey, pageSize, toPage } from './paging.ts';
import type { Connection, Schema } from './schema.ts';

/** See {@link CertificateRepository}. */
export function certificateRepository(connection: Connection): CertificateRepository {
  async function createAll(records: readonly NewCertificate[]): Promise<void> {
    if (records.length === 0) return;
    await connection().insertInto('certificates').values(records.map(toRow)).execute();
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
      const size = pageSize(page);
      const after = numericCursorKey('certificates', page);
      const rows = await connection()
        .selectFrom('certificates')
        .selectAll()
        .$if(cluster !== null, (query) => query.where('cluster', '=', cluster ?? ''))
        .$if(after !== undefined, (query) => query.where('number', '<', after ?? 0))
        .orderBy('number', 'desc')
        .limit(size + 1)
        .execute();
      return toPage('certificates', rows, size, toRecord, (row) => row.number);
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
        .set({ revoked_at: at })
        .where('serial', '=', serial)
        .where('revoked_at', 'is', null)
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },

    async revoked() {
      const rows = await connection()
        .selectFrom('certificates')
        .selectAll()
        .where('revoked_at', 'is not', null)
        .orderBy('number')
        .execute();
      return rows.map(toRecord);
    },

    async removeEnded(before, most) {
      const { numAffectedRows = 0n } = await sql`
        delete from certificates where number in (
          select number from certificates as ended
          where not_after < ${before} and revoked_at is null
            and number <> (select max(number) from certificates)
            and issued_at < (select max(issued_at) from certificates)
            and not (
              number = (select max(number) from certificates as other where other.spki_hash = ended.spki_hash)
              and (
                exists (select 1 from nodes where nodes.spki_hash = ended.spki_hash)
                or exists (
                  select 1 from identity_keys as key where key.spki_hash = ended.spki_hash and key.standing = 'pending'
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
        where not_after < ${before} and revoked_at is not null
          and revoked.number <> (select max(number) from certificates)
          and revoked.issued_at < (select max(issued_at) from certificates)
          and not exists (
            select 1 from certificates as other where other.spki_hash = revoked.spki_hash and other.not_after >= ${before}
          )
          and not exists (select 1 from nodes as holder where holder.spki_hash = revoked.spki_hash)
          and not exists (
            select 1 from identity_keys as next where next.spki_hash = revoked.spki_hash and next.standing = 'pending'
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
        .select(({ fn }) => fn.max<number | null>('issued_at').as('last'))
        .executeTakeFirstOrThrow();
      return row.last;
    },
  };
}

function toRow(record: NewCertificate): Insertable<Schema['certificates']> {
  return {
    serial: record.serial,
    purpose: record.purpose,
    cluster: record.cluster,
    principal: record.principal,
    common_name: record.commonName,
    spki_hash: record.spkiHash,
    not_before: record.notBefore,
    not_after: record.notAfter,
    issued_at: record.issuedAt,
    revoked_at: null,
  };
}

function toRecord(row: Selectable<Schema['certificates']>): CertificateRecord {
  return {
    serial: row.serial,
    purpose: row.purpose,
    cluster: row.cluster,
    principal: row.principal,
    commonName: row.common_name,
    spkiHash: row.spki_hash,
    notBefore: row.not_before,
    notAfter: row.not_after,
    issuedAt: row.issued_at,
    revokedAt: row.revoked_at,
  };
}
