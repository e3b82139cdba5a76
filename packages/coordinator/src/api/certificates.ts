import { coordinatorContracts } from '@picket/shared/contract/coordinator.ts';
import { isoTime, isoTimeOrNull } from '@picket/shared/iso-time.ts';
import type { CertificateView } from '@picket/shared/protocol/certificates.ts';
import type { CertificateRecord } from '../inventory/inventory.ts';
import type { ApiDeps } from './deps.ts';
import { pages } from './page.ts';
import { route } from './route.ts';
import type { App } from './typed.ts';

export function certificateRoutes(app: App, { inventory }: ApiDeps): void {
  route(
    app,
    coordinatorContracts.certificates,
    { quota: 'operatorPages' },
    pages(inventory.certificates.list, certificateView),
  );
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
