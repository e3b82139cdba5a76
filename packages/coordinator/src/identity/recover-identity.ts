import { failure } from '@picket/shared/errors.ts';
import { happening } from '@picket/shared/events/event.ts';
import { readCsr } from '@picket/shared/pki/csr.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import { type IdentityKeyRecord, type NodeRecord, nameOf, type Repositories } from '../inventory/inventory.ts';
import type { IdentityDeps } from './deps.ts';
import { freezeIdentity, requireNotFrozen, requirePresent } from './freeze-identity.ts';
import { issueIdentity } from './issue-identity.ts';
import type { RenewDeps } from './renew-identity.ts';

interface RecoverDeps extends RenewDeps {
  readonly restoration: Pick<IdentityDeps['restoration'], 'awaits'>;
}

/**
 * Gives a node whose certificate has ended another one for the same key (R15). The handshake of this very connection
 * proved that it has the key, so nothing can be replayed; of the certificate in that handshake only the key counts.
 *
 * @param shown the SHA-256 of that key's SubjectPublicKeyInfo
 *
 * Throws `key_unknown`, `node_evicted`, `node_awaits_readoption`, `identity_superseded`, `identity_frozen`,
 * `key_revoked`, `invalid_request`, and what `readCsr` and `issue` throw.
 */
export async function recoverIdentity(deps: RecoverDeps, shown: string, csrPem: string): Promise<string> {
  const { node, key } = await requireHolder(deps.inventory, shown);
  if (key?.standing === 'superseded') {
    const { generation } = key;
    await freezeIdentity(deps, node.id, reason('superseded_key_shown', { generation }));
    throw failure('identity_superseded', { nodeId: node.id, generation });
  }
  // The backup knew this node by this key, and the node may have given it up since (R5).
  if (deps.restoration.awaits(node.id)) throw failure('node_awaits_readoption', { nodeId: node.id });
  // Only now: verifying a signature is work that strangers must not cause.
  const csr = readCsr(csrPem);
  if (csr.spkiHash !== shown) {
    throw failure('invalid_request', { problem: 'body/csr must be for the key that the handshake used' });
  }
  const issued = await deps.inventory.transaction(async (repositories) => {
    // As it is in this transaction: it may have been evicted or frozen since.
    const { node, key } = await requireHolder(repositories, shown);
    if (key?.standing === 'superseded') {
      throw failure('identity_superseded', { nodeId: node.id, generation: key.generation });
    }
    requireNotFrozen(node.id, node.frozen);
    const made = await issueIdentity(deps.authorities, repositories, node, csr);
    if (key !== null) await repositories.identityKeys.keepPending({ ...key, certificate: made.certificate.pem });
    const recovered = happening('identity-recovered', { nodeId: node.id, name: nameOf(node) });
    await repositories.events.append({ at: deps.now(), cluster: node.cluster, ...recovered });
    deps.failpoint('recover.before-commit');
    return made;
  });
  deps.failpoint('recover.after-commit');
  deps.directory.issued(issued.record);
  await deps.directory.refresh(node.id, deps.now());
  return issued.certificate.pem;
}

/** The node that has, or has had, a key. */
interface Holder {
  readonly node: NodeRecord;
  /** null if the key is the one in force. */
  readonly key: IdentityKeyRecord | null;
}

/** null for a key that no node has had. */
export async function holderOf({ nodes, identityKeys }: Repositories, spkiHash: string): Promise<Holder | null> {
  const inForce = await nodes.findBySpki(spkiHash);
  if (inForce !== null) return { node: inForce, key: null };
  const key = await identityKeys.find(spkiHash);
  return key && { node: await nodes.required(key.nodeId), key };
}

/** Throws `key_unknown`, `node_evicted`. */
async function requireHolder(repositories: Repositories, spkiHash: string): Promise<Holder> {
  const holder = await holderOf(repositories, spkiHash);
  if (holder === null) throw failure('key_unknown', {});
  requirePresent(holder.node);
  return holder;
}
