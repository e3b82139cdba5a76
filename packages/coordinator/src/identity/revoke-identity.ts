import { isoTime } from '@picket/shared/iso-time.ts';
import type { EtcdAccess } from '@picket/shared/protocol/nodes.ts';
import type { IdentityDeps } from './deps.ts';
import { nodeUri } from './uris.ts';

/** More than an honest node has; each costs two fsyncs, and a dishonest node has asked for as many as its quota allows. */
const mostRevoked = 20;

/**
 * Revokes the newest identity certificates of a node with their keys. Its next request is refused, and a store that is
 * restored from an earlier backup, and so does not know of the eviction, lets nobody re-adopt the node by such a key (R5).
 */
export async function revokeIdentity({ inventory, authorities, now }: IdentityDeps, nodeId: string): Promise<void> {
  const certificates = await inventory.certificates.ofPrincipal(nodeUri(nodeId), now());
  const identities = certificates.filter(({ purpose, revokedAt }) => purpose === 'node' && revokedAt === null);
  for (const { serial } of identities.slice(0, mostRevoked)) await authorities.revoke(serial);
}

/** Until when a node can use etcd, by the certificates that this coordinator has issued to it, whatever the node says. */
export async function etcdAccessOf({ inventory, now }: IdentityDeps, nodeId: string): Promise<EtcdAccess> {
  const certificates = await inventory.certificates.ofPrincipal(nodeUri(nodeId), now());
  const lastOf = (wanted: string) => {
    const ends = certificates.flatMap(({ purpose, notAfter }) => (purpose === wanted ? [notAfter] : []));
    return ends.length === 0 ? null : isoTime(Math.max(...ends));
  };
  return { server: lastOf('server'), peer: lastOf('peer'), client: lastOf('client'), admin: lastOf('admin') };
}
