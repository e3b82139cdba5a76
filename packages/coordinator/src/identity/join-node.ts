import { isDeepStrictEqual } from 'node:util';
import { failure } from '@picket/shared/errors.ts';
import { type Happening, happening } from '@picket/shared/events/event.ts';
import { canonicalAddress, isLoopback } from '@picket/shared/names.ts';
import { type Csr, readCsr } from '@picket/shared/pki/csr.ts';
import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';
import type {
  ClientJoinAnswer,
  ClientJoinRequest,
  JoinAnswer,
  JoinRequest,
  NodeFacts,
} from '@picket/shared/protocol/join.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import { versionsFit } from '@picket/shared/version-skew.ts';
import type { Authorities } from '../authority/authorities.ts';
import type { Issued } from '../authority/issuer.ts';
import { namesForClient, namesToResolve } from '../desired-state/names.ts';
import { requireLayout } from '../desired-state/node-state.ts';
import { declaredMember, requireClientName } from '../desired-state/seat.ts';
import type { Executor, Vacate } from '../executor/executor.ts';
import type { StatusBoard } from '../executor/status-board.ts';
import {
  type ClusterRecord,
  type Holder,
  type Inventory,
  type NewCertificate,
  type NodeKind,
  type NodeRecord,
  nameOf,
  type Repositories,
  type TokenRecord,
} from '../inventory/inventory.ts';
import type { Failpoint } from '../model/failpoints.ts';
import type { Instant } from '../model/instant.ts';
import { version } from '../model/own-version.ts';
import { requireMinor } from './etcd-minor.ts';
import { requireNotFrozen } from './freeze-identity.ts';
import { issueIdentity } from './issue-identity.ts';
import { secretMatches } from './join-tokens.ts';
import type { IdentityDirectory } from './principals.ts';
import { recordOf } from './readopt-node.ts';
import type { ShownCertificate, ShownKeys } from './shown-keys.ts';

export interface JoinDeps {
  readonly inventory: Inventory;
  readonly authorities: Authorities;
  readonly directory: IdentityDirectory;
  readonly executor: Pick<Executor, 'admit'>;
  readonly statuses: Pick<StatusBoard, 'latest' | 'forget'>;
  /** Of machines that have an identity which a restored store does not know. */
  readonly shownKeys: Pick<ShownKeys, 'holderOf'>;
  readonly now: () => Instant;
  /** A random value of the protocol's `Identifier`. */
  readonly newId: () => string;
  readonly failpoint: Failpoint;
}

/**
 * Admits the node of a member by its join token, or the same node again by the same key: spends the token, makes the node
 * and records its certificate in one transaction, fsynced before the answer (R12). Whatever is refused spends nothing.
 * By a token for this member alone it takes the place of a machine that is not heard any more, whose life ends (R3).
 * Throws `token_unknown`, what `readCsr` throws, `node_evicted`, `joined_as_another`, `token_for_clients`,
 * `token_expired`, `token_used_up`, `token_bound_elsewhere`, `member_not_declared`, `address_not_declared`, `member_taken`,
 * `member_heard`, `replace_refused`, `cluster_frozen`, `address_not_on_node`, `etcd_minor_differs`,
 * `agent_version_differs`, `layout_invalid`, `layout_fixed`, and what `issue` throws.
 */
export async function joinNode(deps: JoinDeps, request: JoinRequest): Promise<JoinAnswer> {
  const { answer, spec, name } = await admit(deps, request, request.node, async (store) => {
    const name =
      request.address === undefined ? request.node.name : await memberAt(store, request.tokenId, request.address);
    return { kind: 'member', member: name, facts: { ...request.node, name } };
  });
  const member = declaredMember(spec, name);
  return {
    ...answer,
    member: { name: member.name, address: member.address, ports: spec.ports },
    names: namesToResolve(spec, member),
  };
}

/**
 * As {@link joinNode}, for a node without a member. Throws `token_for_members`, `client_named_as_member` and
 * `client_taken` where that speaks of members and addresses.
 */
export async function joinClient(deps: JoinDeps, request: ClientJoinRequest): Promise<ClientJoinAnswer> {
  const { node: facts } = request;
  const client = { kind: 'client', client: facts.name, facts } as const;
  const { answer, spec } = await admit(deps, request, facts, async () => client);
  return { ...answer, client: { name: facts.name }, names: namesForClient(spec) };
}

/** What every request to join has. */
type Credentials = Pick<JoinRequest, 'tokenId' | 'secret' | 'csr'>;

/** @param holderIn what the machine means to be, as the store tells by what it says */
async function admit(
  deps: JoinDeps,
  request: Credentials,
  { agentVersion }: Pick<NodeFacts, 'agentVersion'>,
  holderIn: (store: Repositories) => Promise<Holder>,
) {
  const { tokenId } = request;
  const token = await deps.inventory.tokens.find(tokenId);
  const matches = secretMatches(token, request.secret);
  if (token === null || !matches) throw failure('token_unknown', { tokenId });
  // Only now: verifying a signature is work that strangers may not cause.
  const csr = readCsr(request.csr);
  if (!versionsFit(agentVersion, version)) {
    throw failure('agent_version_differs', { version: agentVersion, coordinator: version });
  }
  const admitted = await deps.executor.admit(token.cluster, async (vacate) => {
    const result = await deps.inventory.transaction(async (repositories) => {
      const holder = await holderIn(repositories);
      const result = await new Admission(deps, repositories, { tokenId, csr, holder, vacate }).admit();
      deps.failpoint('join.before-commit');
      return result;
    });
    deps.failpoint('join.after-commit');
    if (result.evicted !== null) await deps.directory.refresh(result.evicted, deps.now());
    if (result.shown !== undefined) deps.directory.issued(result.shown);
    deps.directory.issued(result.issued.record);
    await deps.directory.refresh(result.node.id, deps.now());
    // Of runs of its agent too high a count may have been reported: those from here on are heard.
    deps.statuses.forget(result.node.id);
    return result;
  });
  const answer = {
    nodeId: admitted.node.id,
    cluster: admitted.spec.name,
    certificate: admitted.issued.certificate.pem,
    controlCertificates: deps.authorities.control.certificate.pem,
    now: new Date(deps.now()).toISOString(),
  };
  return { answer, spec: admitted.spec, name: nameOf(admitted.node) };
}

/** The name of the member that is declared at this address, in the cluster that the token is for. */
async function memberAt({ tokens, clusters }: Repositories, tokenId: string, address: string): Promise<string> {
  const token = await tokens.find(tokenId);
  const record = token === null ? null : await clusters.find(token.cluster);
  if (token === null || record === null) throw failure('token_unknown', { tokenId });
  const { name: cluster, members } = record.spec;
  const wanted = canonicalAddress(address);
  const member = members.find((one) => canonicalAddress(one.address) === wanted);
  if (member !== undefined) return member.name;
  const declared = members.map((one) => `${one.name} at ${one.address}`).join(', ');
  throw failure('address_not_declared', { cluster, address, declared });
}

interface Admitted {
  /** The certificate by which a node was known again that joined after the backup: its agent still shows that one. */
  readonly shown?: NewCertificate;
  /** The node that was in its place. */
  readonly evicted: string | null;
  readonly node: NodeRecord;
  readonly issued: Issued;
  readonly spec: ClusterSpec;
}

interface Applicant {
  readonly tokenId: string;
  readonly csr: Csr;
  /** What it means to be. */
  readonly holder: Holder;
  readonly vacate: Vacate;
}

interface NewerNode {
  readonly nodeId: string;
  readonly certificate: ShownCertificate;
  readonly joinedAt: Instant;
}

/** One request within its transaction, which no other runs beside. */
class Admission {
  readonly #deps: JoinDeps;
  readonly #store: Repositories;
  readonly #applicant: Applicant;
  readonly #name: string;
  readonly #now: Instant;

  constructor(deps: JoinDeps, store: Repositories, applicant: Applicant) {
    this.#deps = deps;
    this.#store = store;
    this.#applicant = applicant;
    this.#name = nameOf(applicant.holder);
    this.#now = deps.now();
  }

  async admit(): Promise<Admitted> {
    const { csr, holder } = this.#applicant;
    const token = await this.#token();
    const cluster = await this.#cluster(token.cluster);
    const known = await this.#knownNode();
    if (known !== null) this.#requireSameSeat(known, token);
    this.#requireFacts(known, cluster);
    // A copy may have kept the token too: which of them is the node, only a new one can say (R15).
    const doubtful = known !== null && (known.frozen !== null || known.spkiHash !== csr.spkiHash);
    if (known !== null && !doubtful && (await this.#store.nodes.wasAdmittedBy(known.id, token.id))) {
      return this.#admitAgain(known, cluster);
    }
    if (known !== null && doubtful) await this.#requireNewerWord(known, token);
    requireKind(token, holder.kind, this.#name);
    requireLeft(token, this.#now);
    if (token.name !== null && token.name !== this.#name) {
      const { id: tokenId, kind, name: boundTo } = token;
      throw failure('token_bound_elsewhere', { tokenId, kind, boundTo, name: this.#name });
    }
    requireNamed[holder.kind](cluster.spec, this.#name);
    let evicted: string | null = null;
    if (known === null) {
      if ((await this.#newerThanBackup()) === null) await this.#requireTakenOver(cluster);
      evicted = await this.#takeSeat(cluster.spec.name, token);
    }
    if (holder.kind === 'member') {
      requireAddress(cluster.spec, holder.facts);
      if (known === null) await this.#requireMinor(cluster, holder.facts);
    }
    await this.#store.tokens.spend(token.id);
    if (known === null) return { ...(await this.#admitNew(token, cluster)), evicted };
    await this.#takeForTheRightOne(known);
    return this.#admitAgain(known, cluster);
  }

  /** Before any of it is kept: what is kept of a node is what its desired state is made of. */
  #requireFacts(known: NodeRecord | null, { spec, progress }: ClusterRecord): void {
    const { holder } = this.#applicant;
    if (holder.kind !== 'member') return;
    const member = declaredMember(spec, this.#name);
    requireLayout(spec, member, holder.facts.layout);
    const life = progress.members[this.#name];
    if (known?.kind !== 'member' || life === undefined || life.phase === 'adding') return;
    if (isDeepStrictEqual(known.facts.layout, holder.facts.layout)) return;
    const { etcDir, dataRoot, logFile } = known.facts.layout;
    throw failure('layout_fixed', { cluster: spec.name, name: this.#name, etcDir, dataRoot, logFile });
  }

  /** A copy has the join strings too that the node once had: only one that was made since speaks for either (R15). */
  async #requireNewerWord(known: NodeRecord, token: TokenRecord): Promise<void> {
    const { frozen, id: nodeId } = known;
    if (frozen !== null && token.createdAt < frozen.at) requireNotFrozen(nodeId, frozen);
    if (known.spkiHash !== this.#applicant.csr.spkiHash && (await this.#store.nodes.wasAdmittedBy(nodeId, token.id))) {
      throw failure('identity_superseded', { nodeId, generation: known.identityGeneration - 1 });
    }
  }

  async #knownNode(): Promise<NodeRecord | null> {
    const { spkiHash } = this.#applicant.csr;
    const inForce = await this.#store.nodes.findBySpki(spkiHash);
    if (inForce !== null) return inForce;
    const key = await this.#store.identityKeys.find(spkiHash);
    return key === null ? null : this.#store.nodes.find(key.nodeId);
  }

  /** By the new token an operator has said that this machine is the node, whatever copies of it there are (R15). */
  async #takeForTheRightOne(known: NodeRecord): Promise<void> {
    const { spkiHash } = this.#applicant.csr;
    if (known.spkiHash !== spkiHash) await this.#store.identityKeys.putInForce(known.id, spkiHash);
    await this.#store.nodes.unfreeze(known.id);
  }

  /** The token as it is in this transaction: another request may have spent it since the secret was compared. */
  async #token(): Promise<TokenRecord> {
    const { tokenId } = this.#applicant;
    const token = await this.#store.tokens.find(tokenId);
    if (token === null) throw failure('token_unknown', { tokenId });
    return token;
  }

  async #cluster(name: string): Promise<ClusterRecord> {
    const cluster = await this.#store.clusters.find(name);
    if (cluster === null) throw failure('not_found', { what: 'cluster', name });
    return cluster;
  }

  #requireSameSeat(known: NodeRecord, token: TokenRecord): void {
    if (known.evictedAt !== null) throw failure('node_evicted', { nodeId: known.id, evictedAt: iso(known.evictedAt) });
    const { kind } = this.#applicant.holder;
    if (known.cluster === token.cluster && known.kind === kind && nameOf(known) === this.#name) return;
    throw failure('joined_as_another', {
      nodeId: known.id,
      kind: known.kind,
      member: nameOf(known),
      cluster: known.cluster,
      wantedCluster: token.cluster,
      name: known.kind === kind ? this.#name : `the ${kind} ${this.#name}`,
    });
  }

  /** The node that has to go for it; null where the place is free. */
  async #takeSeat(cluster: string, token: TokenRecord): Promise<string | null> {
    const other = await this.#store.nodes.findByName(cluster, this.#name);
    if (other === null) return null;
    if (other.kind === 'client' || token.name === null) {
      const code = other.kind === 'member' ? 'member_taken' : 'client_taken';
      throw failure(code, { name: this.#name, cluster, nodeId: other.id, joinedAt: iso(other.joinedAt) });
    }
    const why = reason('place_taken', { nodeId: other.id, token: token.id });
    await this.#store.clusters.keepProgress(cluster, this.#applicant.vacate(other, why));
    await this.#store.nodes.evict(other.id, this.#now);
    const event = happening('replace', { member: this.#name, why });
    await this.#store.events.append({ at: this.#now, cluster, ...event });
    return other.id;
  }

  /** Whose seat is free in a backup may have been taken since: a second machine in it could found a second cluster (R1). */
  async #requireTakenOver({ spec: { name }, progress }: ClusterRecord): Promise<void> {
    const restoration = await this.#store.restorations.find();
    if (restoration?.frozen.includes(name) !== true) return;
    throw failure('cluster_frozen', { name, reason: progress.frozen ?? reason('rests_after_restore') });
  }

  async #requireMinor({ spec, progress }: ClusterRecord, { etcdVersion }: NodeFacts): Promise<void> {
    const nodes = await this.#store.nodes.ofCluster(spec.name);
    const members = nodes.flatMap((node) =>
      node.kind === 'member' && node.evictedAt === null
        ? [{ joinedWith: node.facts.etcdVersion, status: this.#deps.statuses.latest(node.id)?.status ?? null }]
        : [],
    );
    requireMinor(spec.name, progress.etcdMinor, members, etcdVersion);
  }

  async #admitNew(token: TokenRecord, cluster: ClusterRecord): Promise<Admitted> {
    const { csr, holder } = this.#applicant;
    const newer = await this.#newerThanBackup();
    const node = await this.#store.nodes.create({
      ...holder,
      id: newer?.nodeId ?? this.#deps.newId(),
      cluster: cluster.spec.name,
      joinedAt: newer?.joinedAt ?? this.#now,
      tokenId: token.id,
      spkiHash: csr.spkiHash,
    });
    const address = holder.kind === 'member' ? declaredMember(cluster.spec, this.#name).address : null;
    const admitted = await this.#finish(node, cluster, happening('node-joined', { ...this.#joined(node), address }));
    if (newer === null) return admitted;
    const shown = recordOf(node, newer.certificate);
    if ((await this.#store.certificates.find(shown.serial)) === null) await this.#store.certificates.create(shown);
    return { ...admitted, shown };
  }

  /**
   * A node that joined after the backup that this store was restored from: it has shown a certificate of our own CA, the
   * CSR proves that it has the key, and the new token is an operator's word. It stays the node that it was (R5).
   */
  async #newerThanBackup(): Promise<NewerNode | null> {
    const restoration = await this.#store.restorations.find();
    const held = this.#deps.shownKeys.holderOf(this.#applicant.csr.spkiHash);
    if (restoration === null || held === null || held.certificate.commonName !== this.#name) return null;
    if ((await this.#store.nodes.find(held.nodeId)) !== null) return null;
    const revoked = (await this.#store.certificates.revoked()).some(
      ({ spkiHash }) => spkiHash === held.certificate.spkiHash,
    );
    if (revoked) return null;
    // Before the restore, so that its generations go on above what it has seen.
    return {
      ...held,
      joinedAt: Math.min(held.certificate.notBefore.getTime(), restoration.restoredAt - 1),
    };
  }

  /** The same key is the same node: a reply that was lost costs nothing, and a new token gives no second identity. */
  async #admitAgain(known: NodeRecord, cluster: ClusterRecord): Promise<Admitted> {
    const { holder } = this.#applicant;
    requireNamed[holder.kind](cluster.spec, this.#name);
    await this.#store.nodes.keepFacts(known.id, holder.facts);
    const node = { ...known, ...holder };
    return this.#finish(node, cluster, happening('node-rejoined', this.#joined(node)));
  }

  #joined({ id: nodeId }: NodeRecord) {
    const { holder, tokenId: token } = this.#applicant;
    return { nodeId, kind: holder.kind, name: this.#name, token };
  }

  async #finish(node: NodeRecord, cluster: ClusterRecord, event: Happening): Promise<Admitted> {
    const { tokenId, csr } = this.#applicant;
    await this.#store.nodes.admit(node.id, tokenId);
    const issued = await issueIdentity(this.#deps.authorities, this.#store, node, csr);
    await this.#store.events.append({ at: this.#now, cluster: cluster.spec.name, ...event });
    return { node, issued, spec: cluster.spec, evicted: null };
  }
}

function requireKind(token: TokenRecord, kind: NodeKind, name: string): void {
  if (token.kind === kind) return;
  throw failure(token.kind === 'client' ? 'token_for_clients' : 'token_for_members', { tokenId: token.id, name });
}

/** Whether a node of this kind may be called so in this cluster. */
const requireNamed: Readonly<Record<NodeKind, (spec: ClusterSpec, name: string) => unknown>> = {
  member: declaredMember,
  client: requireClientName,
};

function requireLeft(token: TokenRecord, now: Instant): void {
  if (now >= token.expiresAt) {
    throw failure('token_expired', { tokenId: token.id, expiredAt: iso(token.expiresAt) });
  }
  if (token.usesSpent >= token.usesAllowed) {
    throw failure('token_used_up', { tokenId: token.id, uses: token.usesAllowed });
  }
}

function requireAddress(spec: ClusterSpec, facts: NodeFacts): void {
  const member = declaredMember(spec, facts.name);
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
