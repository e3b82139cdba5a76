import { coordinatorContracts } from '@picket/shared/contract/coordinator.ts';
import { isoTime, isoTimeOrNull } from '@picket/shared/iso-time.ts';
import type { InForce } from '@picket/shared/problems/problem-kind.ts';
import type { CertificateView } from '@picket/shared/protocol/certificates.ts';
import type { CertificateInForce, PurposeInForce } from '@picket/shared/protocol/certificates-in-force.ts';
import type { WithoutMessages } from '@picket/shared/protocol/rendered.ts';
import type { CertificateRecord } from '../inventory/inventory.ts';
import { pageInMemory } from '../inventory/paging.ts';
import type { Instant } from '../model/instant.ts';
import { certificatesInForce, certificatesOfCluster, certificateWarning } from '../status/certificates-in-force.ts';
import type { ApiDeps } from './deps.ts';
import { pageOf, pages } from './page.ts';
import { type App, route } from './route.ts';

/** All certificates that were issued, and those that are in force. */
export function certificateRoutes(app: App, deps: ApiDeps): void {
  route(
    app,
    coordinatorContracts.certificates,
    { quota: 'operatorPages' },
    pages(deps, deps.inventory.certificates.list, certificateView),
  );

  route(app, coordinatorContracts.certificatesInForce, async ({ query }) => {
    const now = deps.now();
    const { cluster } = query;
    const all = cluster === undefined ? certificatesInForce(deps, now) : certificatesOfCluster(deps, cluster);
    return pageInMemory('certificates-in-force', pageOf(query), all, keyOf, (one) => viewInForce(one, now));
  });
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

function viewInForce(one: InForce, now: Instant): WithoutMessages<CertificateInForce> {
  const { from, until, renewalDue, ...shown } = one;
  return {
    ...shown,
    notBefore: isoTime(from),
    notAfter: isoTime(until),
    renewalDue: isoTimeOrNull(renewalDue),
    warning: certificateWarning(one, now),
  };
}

const ranks: Readonly<Record<PurposeInForce, number>> = {
  'control-ca': 0,
  'client-ca': 0,
  'peer-ca': 1,
  coordinator: 1,
  operator: 2,
  identity: 3,
  server: 4,
  peer: 5,
  client: 6,
  admin: 7,
};

/** Authorities first, then by holder. */
function keyOf({ cluster, purpose, holder, serial }: InForce): string {
  const rank = ranks[purpose];
  return [cluster ?? '', rank < 2 ? `0${rank}` : `1${holder}`, rank, serial].join('/');
}
