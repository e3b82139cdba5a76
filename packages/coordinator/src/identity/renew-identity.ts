import { failure } from '@picket/shared/errors.ts';
import { happening } from '@picket/shared/events/event.ts';
import { parseCertificate } from '@picket/shared/pki/certificate.ts';
import { type Csr, readCsr } from '@picket/shared/pki/csr.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import type { Issued } from '../authority/issuer.ts';
import { type NodeRecord, nameOf, type Repositories } from '../inventory/inventory.ts';
import type { Instant } from '../model/instant.ts';
import type { IdentityDeps } from './deps.ts';
import { freezeIdentity, requireNotFrozen, requirePresent } from './freeze-identity.ts';
import { issueIdentity } from './issue-identity.ts';
import type { Principal } from './principals.ts';

export type RenewDeps = Pick<IdentityDeps, 'inventory' | 'authorities' | 'directory' | 'now' | 'failpoint'>;

type NodePrincipal = Extract<Principal, { kind: 'node' }>;

/** The result of a request for another key: a certificate, or the sign of a copy. */
type Verdict =
  | { readonly pem: string; readonly issued: Issued | null; readonly because?: undefined }
  | { readonly because: Reason };

/**
 * Certifies a new key as this node's next identity (R15). The key is pending until its first use puts it in force.
 * Meanwhile the key in force may ask again, and gets the same answer for the same new key. Only a copy of the node
 * would use a key that was given up: then issuing to the node stops. Throws what `readCsr` and `issue` throw,
 * `identity_frozen`, `identity_superseded`, `identity_key_used`.
 */
export async function renewIdentity(deps: RenewDeps, principal: NodePrincipal, csrPem: string): Promise<string> {
  const { nodeId } = principal;
  const csr = readCsr(csrPem);
  const verdict = await deps.inventory.transaction(async (repositories) => {
    const node = await requireInForce(repositories, principal);
    const result = await judge(deps, repositories, node, csr);
    deps.failpoint('renew.before-commit');
    return result;
  });
  if (verdict.because !== undefined) {
    await freezeIdentity(deps, nodeId, verdict.because);
    throw failure('identity_key_used', {});
  }
  deps.failpoint('renew.after-commit');
  if (verdict.issued !== null) deps.directory.issued(verdict.issued.record);
  await deps.directory.refresh(nodeId, deps.now());
  return verdict.pem;
}

/**
 * A pending key was used: it is in force from now on, and the earlier one is superseded (R15). Of several first
 * requests, one does this.
 */
export async function putInForce(
  { inventory, directory, now, failpoint }: Omit<RenewDeps, 'authorities'>,
  { nodeId, serial }: NodePrincipal,
): Promise<void> {
  await inventory.transaction(async ({ nodes, identityKeys, certificates, events }) => {
    const key = await identityKeys.find((await certificates.find(serial))?.spkiHash ?? '');
    const node = await nodes.find(nodeId);
    if (node === null || key?.standing !== 'pending' || key.nodeId !== nodeId) return;
    await identityKeys.putInForce(nodeId, key.spkiHash);
    const renewed = happening('identity-renewed', { nodeId, name: nameOf(node) });
    await events.append({ at: now(), cluster: node.cluster, ...renewed });
    failpoint('in-force.before-commit');
  });
  failpoint('in-force.after-commit');
  await directory.refresh(nodeId, now());
}

/** The caller was admitted a moment ago: another request may have put the next key in force since. */
async function requireInForce(
  { nodes, certificates }: Repositories,
  { nodeId, serial }: NodePrincipal,
): Promise<NodeRecord> {
  const node = await nodes.required(nodeId);
  requirePresent(node);
  requireNotFrozen(nodeId, node.frozen);
  const shown = await certificates.find(serial);
  if (shown?.spkiHash === node.spkiHash) return node;
  throw failure('identity_superseded', { nodeId, generation: node.identityGeneration - 1 });
}

async function judge(deps: RenewDeps, repositories: Repositories, node: NodeRecord, csr: Csr): Promise<Verdict> {
  const { nodes, identityKeys } = repositories;
  const other = await identityKeys.find(csr.spkiHash);
  if (other?.nodeId === node.id && other.standing === 'superseded') {
    return { because: reason('superseded_key_to_renew') };
  }
  const known = await nodes.findBySpki(csr.spkiHash);
  if (known !== null || (other !== null && other.nodeId !== node.id)) throw failure('identity_key_used', {});
  const given = other?.certificate ?? null;
  if (given !== null && lastsStill(given, deps.now())) return { pem: given, issued: null };
  const issued = await issueIdentity(deps.authorities, repositories, node, csr);
  const { pem } = issued.certificate;
  const generation = node.identityGeneration + 1;
  await identityKeys.keepPending({ spkiHash: csr.spkiHash, nodeId: node.id, generation, certificate: pem });
  return { pem, issued };
}

/** A node that was off since its request gets a fresh certificate: this one would be due at once. */
function lastsStill(pem: string, now: Instant): boolean {
  const { notBefore, notAfter } = parseCertificate(pem);
  const [from, until] = [notBefore.getTime(), notAfter.getTime()];
  return now >= from && now < from + (until - from) / 3;
}
