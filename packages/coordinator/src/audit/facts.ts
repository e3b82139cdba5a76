import { isoTime, isoTimeOrNull } from '@picket/shared/iso-time.ts';
import type { ChannelRecord, ClusterRecord, LoginRecord, OperatorRecord, TokenRecord } from '../inventory/inventory.ts';
import type { MemberProgress } from '../model/membership-progress.ts';
import type { Hold, Permit } from '../model/permit-progress.ts';

/** What the audit log compares of a cluster before and after a change: all that operators can change. Pure. */
export function clusterFacts({ spec, progress }: ClusterRecord) {
  const { formation, formations, frozen, configuration, snapshots, restore, members } = progress;
  const { authentication, permit, leaderMove, deletion } = progress;
  const { name: _name, ...declared } = spec;
  return {
    ...declared,
    formations,
    clusterId: formation?.clusterId ?? null,
    frozen,
    rollout: { paused: configuration.paused, stopped: configuration.stopped?.reason ?? null },
    snapshot: snapshots.task?.id ?? null,
    restores: restore?.snapshot ?? null,
    deletion,
    authentication: authentication.task && { order: authentication.task.id, enable: authentication.task.enable },
    restarts: permit?.asked === true ? permit.member : null,
    held: permit?.hold === undefined ? null : heldFacts(permit, permit.hold),
    leadsNext: leaderMove?.member ?? null,
    lives: Object.fromEntries(Object.entries(members).map(([name, life]) => [name, lifeFacts(life)])),
  };
}

function heldFacts({ member, withdrawnAt }: Permit, { by, why, seconds, stop }: Hold) {
  return { member, by, why, seconds, stop, ends: withdrawnAt !== null };
}

function lifeFacts({ incarnation, phase, memberId, leaving }: MemberProgress) {
  return { incarnation, phase, memberId, leaving: leaving ?? null };
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
  return { login: id, loginExpires: isoTime(expiresAt), loginUsed: isoTimeOrNull(usedAt) };
}

/** The same of a join token, without its secret and the hash of it (R11). */
export function tokenFacts({ secretHash: _kept, expiresAt, createdAt, ...facts }: TokenRecord) {
  return { ...facts, expiresAt: isoTime(expiresAt), createdAt: isoTime(createdAt) };
}

/** The same of a channel for notifications, without its address and its secrets (R11). */
export function channelFacts({ name, kind, target, clusters, severity }: Omit<ChannelRecord, 'settings'>) {
  return { name, kind, target, clusters, severity };
}
