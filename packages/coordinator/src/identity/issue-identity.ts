import type { Csr } from '@picket/shared/pki/csr.ts';
import type { Authorities } from '../authority/authorities.ts';
import type { Issued, IssueRequest } from '../authority/issuer.ts';
import { lifetimes } from '../authority/lifetimes.ts';
import { type NewNode, nameOf, type Repositories } from '../inventory/inventory.ts';
import { nodeUri, operatorUri } from './uris.ts';

/** The certificate of an operator for this key. */
export function operatorRequest(name: string, key: Pick<IssueRequest, 'publicKey' | 'spki'>): IssueRequest {
  const uri = operatorUri(name);
  return {
    purpose: 'operator',
    cluster: null,
    principal: uri,
    commonName: name,
    sans: [{ type: 'uri', value: uri }],
    ...key,
    lifetimeMs: lifetimes.operator,
  };
}

/** The identity certificate of a node for this key, recorded within a transaction; see `issueWithin`. */
export async function issueIdentity(
  authorities: Authorities,
  { clusters, certificates }: Repositories,
  node: NewNode,
  { publicKey, spki }: Pick<Csr, 'publicKey' | 'spki'>,
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
    publicKey,
    spki,
    lifetimeMs: lifetimes.node,
  });
}
