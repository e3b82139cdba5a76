import { parseIsoTime } from '@picket/shared/iso-time.ts';
import type { Certificate } from '@picket/shared/pki/certificate.ts';
import { found } from '@picket/shared/problems/catalogue.ts';
import type { InForce } from '@picket/shared/problems/problem-kind.ts';
import type { PurposeInForce } from '@picket/shared/protocol/certificates-in-force.ts';
import type { HeldCertificate } from '@picket/shared/protocol/report.ts';
import type { Reason } from '@picket/shared/reasons/reason.ts';
import { latestIdentityRenewal, momentOfLifetime, renewalDueAt } from '@picket/shared/renewal.ts';
import type { Authorities } from '../authority/authorities.ts';
import { serverRenewalDueAt } from '../authority/lifetimes.ts';
import { certificatesOf } from '../desired-state/node-role.ts';
import type { ClusterSituation, Executor } from '../executor/executor.ts';
import type { StatusBoard } from '../executor/status-board.ts';
import type { IdentityDirectory } from '../identity/principals.ts';
import { type NodeRecord, nameOf } from '../inventory/inventory.ts';
import type { Instant } from '../model/instant.ts';

/** Where certificates that are in use are found. */
export interface CertificateSources {
  readonly authorities: Pick<Authorities, 'control' | 'cluster'>;
  readonly directory: Pick<IdentityDirectory, 'operatorCertificates' | 'identityOf'>;
  readonly executor: Pick<Executor, 'clusters' | 'situation'>;
  readonly statuses: Pick<StatusBoard, 'latest'>;
  readonly serverCertificate: () => Certificate;
}

/** What an operator should know about a certificate long before its end; null if nothing is wrong. Pure. */
export function certificateWarning(one: InForce, now: Instant): Reason | null {
  return found(({ ofCertificate }) => ofCertificate?.(one, now))[0]?.why ?? null;
}

/** What the status of a cluster shows; notices about identities are separate (R15). */
export function certificateNotices(deps: CertificateSources, cluster: string, now: Instant): readonly Reason[] {
  return [...ofCoordinator(deps, now), ...certificatesOfCluster(deps, cluster)]
    .filter(({ purpose }) => purpose !== 'identity')
    .flatMap((one) => certificateWarning(one, now) ?? []);
}

/** Of the coordinator and of all clusters. */
export function certificatesInForce(deps: CertificateSources, now: Instant): InForce[] {
  return [
    ...ofCoordinator(deps, now),
    ...deps.executor
      .clusters()
      .filter((name) => deps.executor.situation(name).record.progress.deletion?.freed !== true)
      .flatMap((name) => certificatesOfCluster(deps, name)),
  ];
}

function ofCoordinator({ authorities, directory, serverCertificate }: CertificateSources, now: Instant): InForce[] {
  const server = serverCertificate();
  const operators = directory.operatorCertificates(now).map(
    ({ name: holder, serial, notBefore: from, notAfter: until, latest }): InForce => ({
      ...{ purpose: 'operator', cluster: null, holder, serial, from, until, renewalDue: null },
      // An operator's earlier certificate is valid until its end, and needs no replacement.
      renewedBy: latest ? 'operator' : 'nobody',
    }),
  );
  return [
    authority('control-ca', null, authorities.control.certificate),
    {
      ...authority('coordinator', null, server),
      renewedBy: 'coordinator',
      renewalDue: serverRenewalDueAt(server),
    },
    ...operators,
  ];
}

/** Throws `not_found`. */
export function certificatesOfCluster(
  { authorities, directory, executor, statuses }: CertificateSources,
  name: string,
): InForce[] {
  const situation = executor.situation(name);
  const { client, peer } = authorities.cluster(situation.record.id);
  const nodes = situation.nodes.filter(({ evictedAt }) => evictedAt === null);
  return [
    authority('client-ca', name, client.certificate),
    authority('peer-ca', name, peer.certificate),
    ...nodes.flatMap((node) => [
      ...identityOf(node, directory.identityOf(node.id)?.certificate ?? null),
      ...leavesOf(node, statuses.latest(node.id)?.status.certificates ?? [], situation),
    ]),
  ];
}

function authority(purpose: PurposeInForce, cluster: string | null, certificate: Certificate): InForce {
  return {
    purpose,
    cluster,
    holder: 'the coordinator',
    serial: certificate.serial,
    from: certificate.notBefore.getTime(),
    until: certificate.notAfter.getTime(),
    renewedBy: 'nobody',
    renewalDue: null,
  };
}

function identityOf(
  node: NodeRecord,
  certificates: { readonly serial: string; readonly notBefore: Instant; readonly notAfter: Instant } | null,
): InForce[] {
  if (certificates === null) return [];
  const { serial, notBefore: from, notAfter: until } = certificates;
  const renewalDue = momentOfLifetime({ from, until }, latestIdentityRenewal);
  const shared = { cluster: node.cluster, holder: nameOf(node), serial, from, until };
  return [{ purpose: 'identity', ...shared, renewedBy: 'agent', renewalDue }];
}

/** The certificates that this node has reported. */
function leavesOf(
  node: NodeRecord,
  certificates: readonly HeldCertificate[],
  { record: { spec, progress } }: ClusterSituation,
): InForce[] {
  const wanted = certificatesOf(spec, progress, node);
  return certificates.flatMap(({ purpose, serial, notBefore, notAfter }): InForce[] => {
    if (purpose === 'identity') return [];
    const [from, until] = [parseIsoTime(notBefore), parseIsoTime(notAfter)];
    const after = wanted.find((one) => one.purpose === purpose)?.renewAfterSeconds;
    const renewalDue = after === undefined ? null : Math.floor(renewalDueAt({ serial, from, until }, after));
    const shared = { cluster: node.cluster, holder: nameOf(node), serial, from, until };
    return [{ purpose, ...shared, renewedBy: 'agent', renewalDue }];
  });
}
