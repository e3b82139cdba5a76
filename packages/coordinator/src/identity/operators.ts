import { failure } from '@picket/shared/errors.ts';
import { happening } from '@picket/shared/events/event.ts';
import { isoTime } from '@picket/shared/iso-time.ts';
import type { Role } from '@picket/shared/protocol/roles.ts';
import type { LoginRecord, OperatorRecord, Repositories } from '../inventory/inventory.ts';
import type { Instant } from '../model/instant.ts';
import type { IdentityDeps } from './deps.ts';
import { newSecret, secretHashOf } from './secrets.ts';
import { operatorUri } from './uris.ts';

export interface Invitation {
  readonly operator: OperatorRecord;
  readonly login: LoginRecord;
  /** Only here: the store has a hash (R11). */
  readonly secret: string;
}

interface Inviting {
  readonly name: string;
  /** The name of the admin. */
  readonly by: string;
  /** A day by default. */
  readonly ttlSeconds?: number | undefined;
}

const defaultTtlSeconds = 24 * 3600;

/** Creates an operator, who gets a certificate with the login string. Throws `operator_exists`. */
export async function createOperator(
  deps: IdentityDeps,
  { role, ...inviting }: Inviting & { readonly role: Role },
): Promise<Invitation> {
  const { name, by } = inviting;
  const at = deps.now();
  const operator = { name, role, createdAt: at };
  if ((await deps.inventory.operators.find(name)) !== null) throw failure('operator_exists', { name });
  // An operator of this name may have been revoked by a coordinator that was killed before it had revoked them all.
  await revokeCertificates(deps, name);
  const invitation = await deps.inventory.transaction(async (store) => {
    await store.operators.create(operator);
    const created = happening('operator-created', { by: `operator ${by}`, name, role });
    await store.events.append({ at, cluster: null, ...created });
    return invite(deps, store, operator, inviting);
  });
  await deps.directory.refreshOperator(name);
  return invitation;
}

/** Makes a login string for an operator, in place of an earlier one. Throws `not_found`. */
export async function inviteOperator(deps: IdentityDeps, inviting: Inviting): Promise<Invitation> {
  return deps.inventory.transaction(async (store) =>
    invite(deps, store, await requireOperator(store, inviting.name), inviting),
  );
}

/** Changes a role, from the operator's next request on. Throws `not_found`, `last_admin`. */
export async function changeRole(deps: IdentityDeps, name: string, role: Role, by: string): Promise<OperatorRecord> {
  const at = deps.now();
  const changed = await deps.inventory.transaction(async (store) => {
    const before = await requireOperator(store, name);
    if (before.role === role) return before;
    await requireAnotherAdmin(store, before, at);
    await store.operators.keepRole(name, role);
    const event = happening('operator-role', { by: `operator ${by}`, name, before: before.role, role });
    await store.events.append({ at, cluster: null, ...event });
    return { ...before, role };
  });
  await deps.directory.refreshOperator(name);
  return changed;
}

/**
 * Removes an operator, from its next request on, and revokes its certificates with their keys. Its login string and its join
 * tokens end, and the answers to its requests are removed. Throws `not_found`, `last_admin`.
 */
export async function revokeOperator(deps: IdentityDeps, name: string, by: string): Promise<void> {
  const at = deps.now();
  await deps.inventory.transaction(async (store) => {
    await requireAnotherAdmin(store, await requireOperator(store, name), at);
    await store.logins.removeOf(name);
    // Another person may get the name, and must not get the answers.
    await store.idempotentRequests.removeOf(operatorUri(name));
    await store.operators.remove(name);
    await store.tokens.expireThoseBy(operatorUri(name), at);
    const event = happening('operator-revoked', { by: `operator ${by}`, name });
    await store.events.append({ at, cluster: null, ...event });
  });
  await deps.directory.refreshOperator(name);
  await revokeCertificates(deps, name);
}

async function invite(
  deps: IdentityDeps,
  { logins, events }: Repositories,
  operator: OperatorRecord,
  { name, by, ttlSeconds = defaultTtlSeconds }: Inviting,
): Promise<Invitation> {
  const secret = newSecret(deps);
  const at = deps.now();
  const login: LoginRecord = {
    operator: name,
    id: deps.newId(),
    secretHash: secretHashOf(secret),
    createdAt: at,
    createdBy: operatorUri(by),
    expiresAt: at + ttlSeconds * 1000,
    usedAt: null,
  };
  await logins.keep(login);
  const event = happening('operator-invited', { by: `operator ${by}`, name, until: isoTime(login.expiresAt) });
  await events.append({ at, cluster: null, ...event });
  return { operator, login, secret };
}

async function requireOperator({ operators }: Repositories, name: string): Promise<OperatorRecord> {
  const found = await operators.find(name);
  if (found === null) throw failure('not_found', { what: 'operator', name });
  return found;
}

/** Throws `last_admin`: without an admin who can be let in, nobody could give rights to anybody. */
async function requireAnotherAdmin(
  { operators, certificates }: Repositories,
  { name, role }: OperatorRecord,
  now: Instant,
): Promise<void> {
  if (role !== 'admin') return;
  for (const other of await operators.all()) {
    if (other.name === name || other.role !== 'admin') continue;
    const issued = await certificates.ofPrincipal(operatorUri(other.name), now);
    if (issued.some(({ revokedAt }) => revokedAt === null)) return;
  }
  throw failure('last_admin', { name });
}

async function revokeCertificates({ inventory, authorities, now }: IdentityDeps, name: string): Promise<void> {
  for (const { serial, revokedAt } of await inventory.certificates.ofPrincipal(operatorUri(name), now()))
    if (revokedAt === null) await authorities.revoke(serial);
}
