import { isoTime, isoTimeOrNull } from '@picket/shared/iso-time.ts';
import type { Certificate } from '@picket/shared/pki/certificate.ts';
import { CertificateInForce, type PurposeInForce } from '@picket/shared/protocol/certificates-in-force.ts';
import { PageQuery } from '@picket/shared/protocol/operators.ts';
import type { HeldCertificate } from '@picket/shared/protocol/report.ts';
import type { Reason } from '@picket/shared/reasons/reason.ts';
import { told } from '@picket/shared/reasons/told.ts';
import { latestIdentityRenewal, momentOfLife, renewalDueAt } from '@picket/shared/renewal.ts';
import { serverRenewalDueAt } from '../authority/server-credential.ts';
import { certificatesOf } from '../desired-state/seat.ts';
import type { ClusterSituation } from '../executor/executor.ts';
import { type NodeRecord, nameOf } from '../inventory/inventory.ts';
import { cursorKey, pageSize, toPage } from '../inventory/paging.ts';
import type { Instant } from '../model/instant.ts';
import { certificateWarning, type InForce } from '../status/certificate-warnings.ts';
import type { ApiDeps } from './deps.ts';
import { pageOf, pageSchema } from './page.ts';
import type { App } from './typed.ts';

type Sources = Pick<ApiDeps, 'authorities' | 'directory' | 'executor' | 'statuses' | 'serverCertificate'>;

const list = 'certificates-in-force';

export function certificateInForceRoutes(app: App, deps: ApiDeps): void {
  app.get(
    '/v1/certificates/in-force',
    {
      config: { access: 'viewer' },
      schema: { querystring: PageQuery, response: { 200: pageSchema(CertificateInForce) } },
    },
    async ({ query }) => {
      const page = pageOf(query);
      const now = deps.now();
      const cluster = query.cluster ?? null;
      const all = cluster === null ? ofAll(deps, now) : ofCluster(deps, cluster);
      const size = pageSize(page);
      const after = cursorKey(list, page) ?? '';
      const sorted = all
        .map((one) => ({ ...one, key: keyOf(one) }))
        .sort((one, other) => compare(one.key, other.key))
        .filter(({ key }) => compare(key, after) > 0);
      const { items, next } = toPage(
        list,
        sorted.slice(0, size + 1),
        size,
        (one) => view(one, now),
        (one) => one.key,
      );
      return { items: [...items], next };
    },
  );
}

/** What is to be told in the status of a cluster; of identities it tells by itself (R15). */
export function certificateNotices(deps: Sources, cluster: string, now: Instant): readonly Reason[] {
  return [...ofCoordinator(deps, now), ...ofCluster(deps, cluster)]
    .filter(({ purpose }) => purpose !== 'identity')
    .flatMap((one) => certificateWarning(one, now) ?? []);
}

function ofAll(deps: Sources, now: Instant): InForce[] {
  return [...ofCoordinator(deps, now), ...deps.executor.clusters().flatMap((name) => ofCluster(deps, name))];
}

function ofCoordinator({ authorities, directory, serverCertificate }: Sources, now: Instant): InForce[] {
  const server = serverCertificate();
  const operators = directory
    .operatorCertificates(now)
    .map(({ name, serial, notBefore, notAfter, latest }): InForce => {
      const shared = {
        purpose: 'operator',
        cluster: null,
        holder: name,
        serial,
        from: notBefore,
        until: notAfter,
      } as const;
      // An earlier one than the operator's latest is good until its end, and nobody needs another in its place.
      return { ...shared, renewedBy: latest ? 'operator' : 'nobody', renewalDue: null };
    });
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
function ofCluster({ authorities, directory, executor, statuses }: Sources, name: string): InForce[] {
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
  held: { readonly serial: string; readonly notBefore: Instant; readonly notAfter: Instant } | null,
): InForce[] {
  if (held === null) return [];
  const { serial, notBefore: from, notAfter: until } = held;
  const renewalDue = momentOfLife({ from, until }, latestIdentityRenewal);
  const shared = { cluster: node.cluster, holder: nameOf(node), serial, from, until };
  return [{ purpose: 'identity', ...shared, renewedBy: 'agent', renewalDue }];
}

/** What this node has reported to hold. */
function leavesOf(
  node: NodeRecord,
  held: readonly HeldCertificate[],
  { record: { spec } }: ClusterSituation,
): InForce[] {
  const wanted = certificatesOf(spec, node);
  return held.flatMap(({ purpose, serial, notBefore, notAfter }): InForce[] => {
    if (purpose === 'identity') return [];
    const [from, until] = [Date.parse(notBefore), Date.parse(notAfter)];
    const after = wanted.find((one) => one.purpose === purpose)?.renewAfterSeconds;
    const renewalDue = after === undefined ? null : Math.floor(renewalDueAt({ serial, from, until }, after));
    const shared = { cluster: node.cluster, holder: nameOf(node), serial, from, until };
    return [{ purpose, ...shared, renewedBy: 'agent', renewalDue }];
  });
}

function view(one: InForce, now: Instant): CertificateInForce {
  const { from, until, renewalDue, purpose, cluster, holder, serial, renewedBy } = one;
  const warning = certificateWarning(one, now);
  return {
    purpose,
    cluster,
    holder,
    serial,
    notBefore: isoTime(from),
    notAfter: isoTime(until),
    renewedBy,
    renewalDue: isoTimeOrNull(renewalDue),
    warning: warning === null ? null : told(warning),
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
};

/** Authorities first, then by holder. */
function keyOf({ cluster, purpose, holder, serial }: InForce): string {
  const rank = ranks[purpose];
  return [cluster ?? '', rank < 2 ? `0${rank}` : `1${holder}`, rank, serial].join('/');
}

function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
