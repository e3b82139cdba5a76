import { isoTime, isoTimeOrNull } from '@picket/shared/iso-time.ts';
import { ofEach } from '../controller/concerns.ts';
import type { ChannelRecord, ClusterRecord, LoginRecord, OperatorRecord, TokenRecord } from '../inventory/inventory.ts';

/** What the audit log compares of a cluster before and after a change: all that operators can change. Pure. */
export function clusterFacts({ spec, progress }: ClusterRecord): Readonly<Record<string, unknown>> {
  const { name: _name, ...declared } = spec;
  return Object.assign(declared, ...ofEach(({ audited }) => audited?.(progress)));
}

/** The same of an operator. */
export function operatorFacts(operator: OperatorRecord | null) {
  if (operator === null) return null;
  const { name, role } = operator;
  return { name, role };
}

/** The same of a login string, without its secret and the hash of it (R11). */
export function loginFacts(login: LoginRecord | null) {
  if (login === null) return null;
  const { id, expiresAt, usedAt } = login;
  return { login: id, loginExpiresAt: isoTime(expiresAt), loginUsed: isoTimeOrNull(usedAt) };
}

/** The same of a join token, without its secret and the hash of it (R11). */
export function tokenFacts({ secretHash: _kept, expiresAt, createdAt, ...facts }: TokenRecord) {
  return { ...facts, expiresAt: isoTime(expiresAt), createdAt: isoTime(createdAt) };
}

/** The same of a channel for notifications, without its address and its secrets (R11). */
export function channelFacts({ name, kind, target, clusters, severity }: Omit<ChannelRecord, 'settings'>) {
  return { name, kind, target, clusters, severity };
}
