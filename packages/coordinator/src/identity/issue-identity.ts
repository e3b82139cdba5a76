import type { KeyObject } from 'node:crypto';
import type { Authorities } from '../authority/authorities.ts';
import type { Issued } from '../authority/issuer.ts';
import { lifetimes } from '../authority/lifetimes.ts';
import { type NewNode, nameOf, type Repositories } from '../inventory/inventory.ts';
import { nodeUri } from './uris.ts';

/** The identity certificate of a node for this key, recorded within a transaction; see `issueWithin`. */
export async function issueIdentity(
  authorities: Authorities,
  { clusters, certificates }: Repositories,
  node: NewNode,
  key: { readonly publicKey: KeyObject; readonly spki: Buffer },
): Promise<Issued> {
  const { id, cluster } = node;
  const record = await clusters.find(cluster);
  const uri = nodeUri(id);
  return authorities.issueWithin(certificates, {
    purpose: 'node',
    cluster: record === null ? null : { id: record.id, name: cluster },
    principal: uri,
    commonName: nameOf(node),
    sans: [{ type: 'uri', value: uri }],
    publicKey: key.publicKey,
    spki: key.spki,
    lifetimeMs: lifetimes.node,
  });
}
