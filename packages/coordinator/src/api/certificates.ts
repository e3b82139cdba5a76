import { isoTime, isoTimeOrNull } from '@picket/shared/iso-time.ts';
import { CertificateView } from '@picket/shared/protocol/certificates.ts';
import type { CertificateRecord } from '../inventory/inventory.ts';
import type { ApiDeps } from './deps.ts';
import { listRoute } from './page.ts';
import type { App } from './typed.ts';

export function certificateRoutes(app: App, { inventory }: ApiDeps): void {
  listRoute(app, '/v1/certificates', CertificateView, inventory.certificates.list, certificateView);
}

function certificateView(record: CertificateRecord): CertificateView {
  const { spkiHash: _spki, notBefore, notAfter, issuedAt, revokedAt, ...shown } = record;
  return {
    ...shown,
    notBefore: isoTime(notBefore),
    notAfter: isoTime(notAfter),
    issuedAt: isoTime(issuedAt),
    revokedAt: isoTimeOrNull(revokedAt),
  };
}
