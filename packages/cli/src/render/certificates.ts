import type { CertificateView } from '@picket/shared/protocol/certificates.ts';
import type { CertificateInForce } from '@picket/shared/protocol/certificates-in-force.ts';
import { renderTable } from './table.ts';
import { endOf, pastTime, type Times } from './units.ts';

/** `picket certificates --issued` */
export function certificateTable(certificates: readonly CertificateView[], times: Times): string {
  if (certificates.length === 0) return 'No certificate was issued yet.';
  return renderTable(
    ['SERIAL', 'PURPOSE', 'CLUSTER', 'PRINCIPAL', 'COMMON NAME', 'ISSUED', 'EXPIRES', 'REVOKED'],
    certificates.map((certificate) => [
      certificate.serial,
      certificate.purpose,
      certificate.cluster,
      certificate.principal,
      certificate.commonName,
      pastTime(certificate.issuedAt, times),
      endOf(certificate.notAfter, times),
      certificate.revokedAt && pastTime(certificate.revokedAt, times),
    ]),
  );
}

/** `picket certificates` */
export function inForceTable(certificates: readonly CertificateInForce[], times: Times): string {
  if (certificates.length === 0) return 'No certificate is in force.';
  const table = renderTable(
    ['CLUSTER', 'HOLDER', 'PURPOSE', 'EXPIRES', 'RENEWED BY', 'SERIAL'],
    certificates.map((certificate) => [
      certificate.cluster,
      certificate.holder,
      purposeInWords[certificate.purpose],
      endOf(certificate.notAfter, times),
      renewal(certificate),
      certificate.serial,
    ]),
  );
  const warnings = certificates.flatMap(({ warning }) => (warning === null ? [] : [`  - ${warning.message}`]));
  return warnings.length === 0 ? table : [table, '', 'Warnings:', ...warnings].join('\n');
}

const purposeInWords: Readonly<Record<CertificateInForce['purpose'], string>> = {
  'control-ca': 'control CA',
  'client-ca': 'client CA',
  'peer-ca': 'peer CA',
  coordinator: 'server',
  operator: 'operator',
  identity: 'identity',
  server: 'server',
  peer: 'peer',
  client: 'client',
  admin: 'admin',
};

function renewal({ renewedBy, renewalDue, purpose }: CertificateInForce): string {
  const when = renewalDue === null ? '' : `, ${purpose === 'identity' ? 'by ' : ''}${renewalDue.slice(0, 10)}`;
  switch (renewedBy) {
    case 'agent':
      return `its agent${when}`;
    case 'coordinator':
      return `the coordinator${when}`;
    case 'operator':
      return 'the operator';
    case 'nobody':
      return purpose === 'operator' ? 'nobody: a later one exists' : 'nobody';
  }
}
