import * as Type from 'typebox';
import { AuditEntry, AuditHead } from '../protocol/audit.ts';
import { BackupsView } from '../protocol/backups.ts';
import { CertificateView } from '../protocol/certificates.ts';
import { CertificateInForce } from '../protocol/certificates-in-force.ts';
import { EventQuery, EventStreamHeaders, EventStreamQuery, EventView } from '../protocol/events.ts';
import { ByArchitecture, InstallerView } from '../protocol/installer.ts';
import { PageQuery, pageSchema } from '../protocol/page.ts';
import type { Contracts } from './contract.ts';
import { pagesOf } from './schemas.ts';

const Health = Type.Object({ status: Type.Literal('ok') });

/** What the coordinator records, and how it is. */
export const coordinatorContracts = {
  certificates: { route: 'GET /v1/certificates', access: 'viewer', ...pagesOf(CertificateView) },
  certificatesInForce: {
    route: 'GET /v1/certificates/in-force',
    access: 'viewer',
    ...pagesOf(CertificateInForce),
  },
  events: {
    route: 'GET /v1/events',
    access: 'viewer',
    query: EventQuery,
    answers: { 200: pageSchema(EventView) },
    errors: ['not_found'],
  },
  /** Server-sent events. */
  eventStream: {
    route: 'GET /v1/events/stream',
    access: 'viewer',
    query: EventStreamQuery,
    headers: EventStreamHeaders,
    waits: true,
    errors: ['not_found', 'too_many_streams'],
  },
  /** Entries name addresses and what operators did: only admins read them. */
  audit: {
    route: 'GET /v1/audit',
    access: 'admin',
    query: PageQuery,
    answers: { 200: pageSchema(AuditEntry) },
    errors: ['audit_not_whole'],
  },
  /** The hash alone tells nothing, and it is worth most with somebody who is not an admin. */
  auditHead: {
    route: 'GET /v1/audit/head',
    access: 'viewer',
    answers: { 200: AuditHead },
    errors: ['audit_not_whole', 'not_found'],
  },
  /** All entries, the oldest first, a line of JSON each. */
  auditExport: { route: 'GET /v1/audit/export', access: 'admin' },
  backups: { route: 'GET /v1/backups', access: 'viewer', answers: { 200: BackupsView } },
  installer: {
    route: 'GET /v1/installer',
    access: 'viewer',
    answers: { 200: InstallerView },
    errors: ['installer_missing'],
  },
  installScript: { route: 'GET /install.sh', access: 'anyone', isHidden: true, errors: ['installer_missing'] },
  agentProgram: {
    route: 'GET /install/picket-agent.cjs',
    access: 'anyone',
    isHidden: true,
    errors: ['installer_missing'],
  },
  /** An archive of 53 MB, from the octet on that a `Range` names: a stranger's connection may end before it has all. */
  nodeArchive: {
    route: 'GET /install/node/:architecture',
    access: 'anyone',
    params: ByArchitecture,
    isHidden: true,
    errors: ['installer_missing', 'not_found'],
  },
  openApi: { route: 'GET /openapi.json', access: 'anyone', isHidden: true },
  /** The process is alive. */
  healthz: { route: 'GET /healthz', access: 'monitor', answers: { 200: Health } },
  /** It can read its store. */
  readyz: { route: 'GET /readyz', access: 'monitor', answers: { 200: Health } },
  /** In Prometheus' text format. */
  metrics: { route: 'GET /metrics', access: 'monitor' },
} as const satisfies Contracts;
