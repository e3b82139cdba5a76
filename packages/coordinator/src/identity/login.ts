import { failure } from '@picket/shared/errors.ts';
import { happening } from '@picket/shared/events/event.ts';
import { isoTime } from '@picket/shared/iso-time.ts';
import { readCsr } from '@picket/shared/pki/csr.ts';
import type { LoginAnswer, LoginRequest } from '@picket/shared/protocol/operators.ts';
import { auditEntry } from '../audit/entries.ts';
import type { LoginRecord } from '../inventory/inventory.ts';
import type { Instant } from '../model/instant.ts';
import type { IdentityDeps } from './deps.ts';
import { operatorRequest } from './issue-identity.ts';
import { secretMatches } from './secrets.ts';

/**
 * Gives the operator of a login string a certificate for the key of this CSR (R7). Spends the login string, records the
 * certificate and the entry of the audit log in one transaction, fsynced before the answer (R12). A refusal spends nothing.
 * Throws `login_unknown`, `login_expired`, `login_used`, and what `readCsr` and `issue` throw.
 *
 * @param from the address of the client, for the audit log
 */
export async function logIn(deps: IdentityDeps, request: LoginRequest, from: string): Promise<LoginAnswer> {
  const { inventory, authorities, directory } = deps;
  const { tokenId, secret } = request;
  const found = await inventory.logins.find(tokenId);
  const matches = secretMatches(found, secret);
  if (found === null || !matches) throw failure('login_unknown', { tokenId });
  // Only now: verifying a signature is work that strangers must not cause.
  const csr = readCsr(request.csr);
  const { issued, operator } = await inventory.transaction(async (store) => {
    // As it is in this transaction: it may have been used or replaced since the secret was compared.
    const login = await store.logins.find(tokenId);
    const operator = login === null ? null : await store.operators.find(login.operator);
    if (login === null || operator === null) throw failure('login_unknown', { tokenId });
    const at = deps.now();
    requireLeft(login, at);
    const { name, role } = operator;
    const { publicKey, spki } = csr;
    const issued = await authorities.issueWithin(store.certificates, operatorRequest(name, { publicKey, spki }));
    await store.logins.spend(tokenId, at);
    const { serial, notAfter } = issued.certificate;
    const until = notAfter.toISOString();
    await store.events.append({ at, cluster: null, ...happening('operator-logged-in', { name, serial, until }) });
    const facts = { by: `operator ${name}`, role, from, action: 'POST /v1/login', object: `operator ${name}` };
    const change = { before: null, after: { serial, until } };
    await store.audit.append(auditEntry({ at, kind: 'login', ...facts, outcome: 'done', ...change }));
    return { issued, operator };
  });
  directory.issued(issued.record);
  const { name, role } = operator;
  const controlCertificates = authorities.control.certificate.pem;
  return { operator: name, role, certificate: issued.certificate.pem, controlCertificates };
}

/** Throws `login_used`, `login_expired`. */
function requireLeft({ id: tokenId, usedAt, expiresAt }: LoginRecord, now: Instant): void {
  if (usedAt !== null) throw failure('login_used', { tokenId, usedAt: isoTime(usedAt) });
  if (now >= expiresAt) throw failure('login_expired', { tokenId, expiredAt: isoTime(expiresAt) });
}
