import type { CertificateView } from '@picket/shared/protocol/operators.ts';
import { plain } from './plain.ts';
import { renderTable } from './table.ts';
import { dateTime, endOf } from './units.ts';

/** `picket certificates` */
export function certificateTable(certificates: readonly CertificateView[], now: number): string {
  if (certificates.length === 0) return 'No certificate has been issued.';
  return renderTable(
    ['SERIAL', 'PURPOSE', 'CLUSTER', 'PRINCIPAL', 'COMMON NAME', 'ISSUED', 'ENDS', 'REVOKED'],
    certificates.map((certificate) => [
      plain(certificate.serial),
      plain(certificate.purpose),
      plain(certificate.cluster ?? '-'),
      plain(certificate.principal),
      plain(certificate.commonName),
      dateTime(certificate.issuedAt),
      endOf(certificate.notAfter, now),
      certificate.revokedAt === null ? '-' : dateTime(certificate.revokedAt),
    ]),
  );
}
