import { failure } from '@picket/shared/errors.ts';
import { canonicalAddress, isLoopback } from '@picket/shared/names.ts';
import { type Csr, readCsr } from '@picket/shared/pki/csr.ts';
import type { ClusterSpec, MemberSpec } from '@picket/shared/protocol/clusters.ts';
import type { JoinAnswer, JoinRequest, NodeFacts } from '@picket/shared/protocol/join.ts';
import type { Authorities } from '../authority/authorities.ts';
import type { Issued } from '../authority/issuer.ts';
import type { Instant } from '../controller/model.ts';
import { namesToResolve } from '../desired-state/names.ts';
import type { StatusBoard } from '../executor/status-board.ts';
import type { Failpoint } from '../failpoints.ts';
import type { ClusterRecord, Inventory, NodeRecord, Repositories, TokenRecord } from '../inventory/inventory.ts';
import { requireMinor } from './etcd-minor.ts';
import { issueIdentity } from './issue-identity.ts';
import { secretMatches } from './join-tokens.ts';
import type { IdentityDirectory } from './principals.ts';

export interface JoinDeps {
  readonly inventory: Inventory;
  readonly authorities: Authorities;
  readonly directory: IdentityDirectory;
  readonly statuses: Pick<StatusBoard, 'latest'>;
  readonly now: () => Instant;
  /** A random value of the protocol's `Identifier`. */
  readonly newId: () => string;
  readonly failpoint: Failpoint;
}

/**
 * Admits a node by its join token, or the same node again by the same key: spends the token, makes the node and records
 * its certificate in one transaction, fsynced before the answer (R12). Whatever is refused spends nothing.
 * Throws `token_unknown`, what `readCsr` throws, `node_evicted`, `joined_as_another`, `token_expired`, `token_used_up`,
 * `token_bound_elsewhere`, `member_not_declared`, `member_taken`, `address_not_on_node`, `etcd_minor_differs`, and what `issue` throws.
 */
export async function joinNode(deps: JoinDeps, request: JoinRequest): Promise<JoinAnswer> {
  const { tokenId } = request;
  if (!secretMatches(await deps.inventory.tokens.find(tokenId), request.secret)) {
    throw failure('token_unknown', { tokenId });
  }
  // Only now: verifying a signature is work that strangers may not cause.
  const csr = readCsr(request.csr);
  const admitted = await deps.inventory.transaction(async (repositories) => {
    const result = await new Admission(deps, repositories, request, csr).admit();
    deps.failpoint('join.before-commit');
    return result;
  });
  deps.failpoint('join.after-commit');
  deps.directory.issued(admitted.issued.record);
  await deps.directory.refresh(admitted.node.id, deps.now());
  return {
    nodeId: admitted.node.id,
    cluster: admitted.spec.name,
    member: { name: admitted.member.name, address: admitted.member.address, ports: admitted.spec.ports },
    names: namesToResolve(admitted.spec, admitted.member),
    certificate: admitted.issued.certificate.pem,
    controlCertificates: deps.authorities.control.certificate.pem,
    now: new Date(deps.now()).toISOString(),
  };
}

interface Admitted {
  readonly node: NodeRecord;
  readonly issued: Issued;
  readonly member: MemberSpec;
  readonly spec: ClusterSpec;
}

/** One request within its transaction, which no other runs beside. */
class Admission {
  readonly #deps: JoinDeps;
  readonly #store: Repositories;
  readonly #request: JoinRequest;
  readonly #csr: Csr;
  readonly #now: Instant;

  constructor(deps: JoinDeps, store: Repositories, request: JoinRequest, csr: Csr) {
    this.#deps = deps;
    this.#store = store;
    this.#request = request;
    this.#csr = csr;
    this.#now = deps.now();
  }

  async admit(): Promise<Admitted> {
    const token = await this.#token();
    const cluster = await this.#cluster(token.cluster);
    const known = await this.#knownNode();
    if (known !== null) this.#requireSameMember(known, token);
    // A copy may have kept the token too: which of them is the node, only a new one can say (R15).
    const doubtful = known !== null && (known.frozen !== null || known.spkiHash !== this.#csr.spkiHash);
    if (known !== null && !doubtful && (await this.#store.nodes.wasAdmittedBy(known.id, token.id))) {
      return this.#admitAgain(known, cluster);
    }
    requireLeft(token, this.#now);
    const { name } = this.#request.node;
    if (token.member !== null && token.member !== name) {
      throw failure('token_bound_elsewhere', { tokenId: token.id, boundTo: token.member, name });
    }
    const member = declaredMember(cluster.spec, name);
    if (known === null) await this.#requireFree(cluster.spec.name, name);
    requireAddress(cluster.spec, member, this.#request.node);
    if (known === null) await this.#requireMinor(cluster.spec.name);
    await this.#store.tokens.spend(token.id);
    if (known === null) return this.#admitNew(token, cluster, member);
    await this.#takeForTheRightOne(known);
    return this.#admitAgain(known, cluster);
  }

  async #knownNode(): Promise<NodeRecord | null> {
    const inForce = await this.#store.nodes.findBySpki(this.#csr.spkiHash);
    if (inForce !== null) return inForce;
    const key = await this.#store.identityKeys.find(this.#csr.spkiHash);
    return key === null ? null : this.#store.nodes.find(key.nodeId);
  }

  /** By the new token an operator has said that this machine is the node, whatever copies of it there are (R15). */
  async #takeForTheRightOne(known: NodeRecord): Promise<void> {
    if (known.spkiHash !== this.#csr.spkiHash) {
      await this.#store.identityKeys.putInForce(known.id, this.#csr.spkiHash);
    }
    await this.#store.nodes.unfreeze(known.id);
  }

  /** The token as it is in this transaction: another request may have spent it since the secret was compared. */
  async #token(): Promise<TokenRecord> {
    const token = await this.#store.tokens.find(this.#request.tokenId);
    if (token === null) throw failure('token_unknown', { tokenId: this.#request.tokenId });
    return token;
  }

  async #cluster(name: string): Promise<ClusterRecord> {
    const cluster = await this.#store.clusters.find(name);
    if (cluster === null) throw failure('not_found', { what: 'cluster', name });
    return cluster;
  }

  #requireSameMember(known: NodeRecord, token: TokenRecord): void {
    if (known.evictedAt !== null) throw failure('node_evicted', { nodeId: known.id, evictedAt: iso(known.evictedAt) });
    const { name } = this.#request.node;
    if (known.cluster !== token.cluster || known.member !== name) {
      const { id: nodeId, member, cluster } = known;
      throw failure('joined_as_another', { nodeId, member, cluster, wantedCluster: token.cluster, name });
    }
  }

  async #requireFree(cluster: string, name: string): Promise<void> {
    const holder = await this.#store.nodes.findByMember(cluster, name);
    if (holder === null) return;
    throw failure('member_taken', { name, cluster, nodeId: holder.id, joinedAt: iso(holder.joinedAt) });
  }

  async #requireMinor(cluster: string): Promise<void> {
    const nodes = await this.#store.nodes.ofCluster(cluster);
    const members = nodes
      .filter(({ evictedAt }) => evictedAt === null)
      .map(({ id, facts }) => ({
        joinedWith: facts.etcdVersion,
        status: this.#deps.statuses.latest(id)?.status ?? null,
      }));
    requireMinor(cluster, members, this.#request.node.etcdVersion);
  }

  async #admitNew(token: TokenRecord, cluster: ClusterRecord, member: MemberSpec): Promise<Admitted> {
    const node = await this.#store.nodes.create({
      id: this.#deps.newId(),
      cluster: cluster.spec.name,
      member: member.name,
      joinedAt: this.#now,
      tokenId: token.id,
      spkiHash: this.#csr.spkiHash,
      facts: this.#request.node,
    });
    return this.#finish(node, member, cluster, 'node-joined', `joined as member ${member.name} at ${member.address}`);
  }

  /** The same key is the same node: a reply that was lost costs nothing, and a new token gives no second identity. */
  async #admitAgain(known: NodeRecord, cluster: ClusterRecord): Promise<Admitted> {
    const member = declaredMember(cluster.spec, known.member);
    await this.#store.nodes.keepFacts(known.id, this.#request.node);
    const node = { ...known, facts: this.#request.node };
    return this.#finish(node, member, cluster, 'node-rejoined', `joined again as member ${member.name}`);
  }

  async #finish(
    node: NodeRecord,
    member: MemberSpec,
    cluster: ClusterRecord,
    kind: string,
    what: string,
  ): Promise<Admitted> {
    const tokenId = this.#request.tokenId;
    await this.#store.nodes.admit(node.id, tokenId);
    const issued = await issueIdentity(this.#deps.authorities, this.#store, node, this.#csr);
    await this.#store.events.append({
      at: this.#now,
      cluster: cluster.spec.name,
      kind,
      message: `Node ${node.id} ${what}, by the join token ${tokenId}.`,
    });
    return { node, issued, member, spec: cluster.spec };
  }
}

function requireLeft(token: TokenRecord, now: Instant): void {
  if (now >= token.expiresAt) {
    throw failure('token_expired', { tokenId: token.id, expiredAt: iso(token.expiresAt) });
  }
  if (token.usesSpent >= token.usesAllowed) {
    throw failure('token_used_up', { tokenId: token.id, uses: token.usesAllowed });
  }
}

function declaredMember(spec: ClusterSpec, name: string): MemberSpec {
  const member = spec.members.find((candidate) => candidate.name === name);
  if (member !== undefined) return member;
  const declared = spec.members.map((candidate) => candidate.name).join(', ');
  throw failure('member_not_declared', { cluster: spec.name, name, declared });
}

function requireAddress(spec: ClusterSpec, member: MemberSpec, facts: NodeFacts): void {
  const address = canonicalAddress(member.address);
  if (address !== undefined && spec.allowLoopback && isLoopback(address)) return;
  if (address !== undefined && facts.addresses.some((own) => canonicalAddress(own) === address)) return;
  const shown = facts.addresses.slice(0, 20).join(', ');
  const addresses = facts.addresses.length > 20 ? `${shown} and others` : shown || 'it has none';
  throw failure('address_not_on_node', { name: member.name, address: member.address, addresses });
}

function iso(at: Instant): string {
  return new Date(at).toISOString();
}
