import { failure } from '@picket/shared/errors.ts';
import { didYouMean } from '@picket/shared/etcd-config/did-you-mean.ts';
import type { WantedCertificate } from '@picket/shared/protocol/certificates.ts';
import type { ClusterSpec, MemberSpec } from '@picket/shared/protocol/clusters.ts';
import type { NewNode, NodeRole } from '../inventory/inventory.ts';
import type { ClusterProgress } from '../model/progress.ts';
import { clientCertificates, clientState } from './client-state.ts';
import {
  isLetGo,
  nodeState,
  nothingStored,
  type Stored,
  type TrustBundles,
  type Unnumbered,
  wantedCertificates,
} from './node-state.ts';

/**
 * What this node should have; null if its member is neither declared nor about to leave.
 *
 * @param stored what the release store has for it
 */
export function stateOf(
  spec: ClusterSpec,
  progress: ClusterProgress,
  node: NewNode,
  trust: TrustBundles,
  stored: Stored = nothingStored,
): Unnumbered | null {
  const { id: nodeId } = node;
  if (node.kind === 'client') return clientState(spec, progress, { nodeId, client: node.client }, trust);
  const former = progress.departing[node.member];
  const departing = former === undefined ? undefined : { name: node.member, ...former };
  const member = memberOf(spec, node.member) ?? departing;
  if (member === undefined) return null;
  return nodeState(spec, progress, { nodeId, member, layout: node.facts.layout, stored }, trust);
}

/** The certificates that a node of this role should hold (R7). A released member gets none of its former cluster. */
export function certificatesOf(spec: ClusterSpec, progress: ClusterProgress, nodeRole: NodeRole): WantedCertificate[] {
  if (nodeRole.kind === 'client') return clientCertificates(spec, nodeRole.client);
  const member = memberOf(spec, nodeRole.member);
  return member === undefined || isLetGo(spec, progress, member.name) ? [] : wantedCertificates(spec, member);
}

/** Throws `member_not_declared`. */
export function declaredMember(spec: ClusterSpec, name: string): MemberSpec {
  const member = memberOf(spec, name);
  if (member !== undefined) return member;
  const declared = spec.members.map((candidate) => candidate.name).join(', ');
  const near = didYouMean(
    name,
    spec.members.map((member) => member.name),
  );
  throw failure('member_not_declared', { cluster: spec.name, member: name, declared, near });
}

/** Throws `client_named_as_member`: one name, one certificate, one user of etcd. */
export function requireClientName(spec: ClusterSpec, name: string): void {
  if (memberOf(spec, name) !== undefined) throw failure('client_named_as_member', { cluster: spec.name, name });
}

function memberOf(spec: ClusterSpec, name: string): MemberSpec | undefined {
  return spec.members.find((candidate) => candidate.name === name);
}
