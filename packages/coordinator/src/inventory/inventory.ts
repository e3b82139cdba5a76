import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';
import type { DesiredState } from '@picket/shared/protocol/desired-state.ts';
import type { Epoch } from '@picket/shared/protocol/epoch.ts';
import type { ClientFacts, NodeFacts } from '@picket/shared/protocol/join.ts';
import type { Page } from '@picket/shared/protocol/page.ts';
import type { NodeStatus } from '@picket/shared/protocol/report.ts';
import type { Role } from '@picket/shared/protocol/roles.ts';
import type { SnapshotCheck } from '@picket/shared/protocol/snapshots.ts';
import type { Reason } from '@picket/shared/reasons/reason.ts';
import type { Instant } from '../model/instant.ts';
import type { ClusterProgress } from '../model/progress.ts';

/**
 * The store. Every write that returns has been fsynced (R12): spec, spent tokens, serials, revocations, progress.
 * Asynchronous throughout, so that another database can stand behind it. Lists are paged by an opaque cursor:
 * clusters by name, nodes by join order, the others newest first. A disk that fails is `inventory_unusable`.
 */
export interface Repositories {
  readonly clusters: ClusterRepository;
  readonly nodes: NodeRepository;
  readonly identityKeys: IdentityKeyRepository;
  readonly tokens: TokenRepository;
  readonly certificates: CertificateRepository;
  readonly operators: OperatorRepository;
  readonly publications: PublicationRepository;
  readonly reports: ReportRepository;
  readonly events: EventRepository;
  readonly restorations: RestorationRepository;
  readonly snapshots: SnapshotRepository;
  readonly revisions: RevisionRepository;
}

export interface Inventory extends Repositories {
  /** Made once with the store; nodes remember whose generations they count (R5). */
  readonly id: string;
  /**
   * All or nothing; inside, only the repositories handed in may be used: the store's own throw there. Transactions run
   * one after the other, so `work` waits for nothing but them.
   */
  transaction<Result>(work: (repositories: Repositories) => Promise<Result>): Promise<Result>;
  /** Copies the store as it is at one moment into a new file; what is to be written meanwhile waits. */
  copyTo(path: string): Promise<void>;
  close(): Promise<void>;
}

export interface PageRequest {
  readonly limit: number;
  readonly after: string | null;
}

export interface ClusterRecord {
  readonly id: string;
  readonly spec: ClusterSpec;
  readonly progress: ClusterProgress;
  /** Counts what was kept of it. */
  readonly progressVersion: number;
  readonly createdAt: Instant;
}

/** The progress of a cluster is no longer of the version that was read: another has kept some since. */
export class ProgressConflict extends Error {
  constructor(name: string, expected: number, actual: number) {
    super(`the progress of ${name} is at version ${actual}, and was to follow version ${expected}`);
  }
}

export interface ClusterRepository {
  /** Throws `cluster_exists`. */
  create(record: ClusterRecord): Promise<void>;
  find(name: string): Promise<ClusterRecord | null>;
  all(): Promise<readonly ClusterRecord[]>;
  list(page: PageRequest): Promise<Page<ClusterRecord>>;
  /** Keeps the next revision; throws `revision_conflict` unless the stored one is `expected`. */
  keepSpec(name: string, expected: number, spec: ClusterSpec): Promise<void>;
  /** Keeps the next version; throws `ProgressConflict` unless the stored one is `expected`, and `not_found`. */
  keepProgress(name: string, expected: number, progress: ClusterProgress): Promise<void>;
}

/** A spec as an operator once wanted it. */
export interface RevisionRecord {
  readonly spec: ClusterSpec;
  readonly at: Instant;
  readonly by: string;
}

export interface RevisionRepository {
  keep(record: RevisionRecord): Promise<void>;
  find(cluster: string, revision: number): Promise<RevisionRecord | null>;
  list(page: PageRequest, cluster: string): Promise<Page<RevisionRecord>>;
}

/** What a node is in its cluster; no two that are not evicted are the same, nor is a client called as a member. */
export type Seat =
  | { readonly kind: 'member'; readonly member: string }
  | { readonly kind: 'client'; readonly client: string };

export type NodeKind = Seat['kind'];

/** A seat with what its machine said of itself when it last joined. */
export type Holder =
  | (Extract<Seat, { readonly kind: 'member' }> & { readonly facts: NodeFacts })
  | (Extract<Seat, { readonly kind: 'client' }> & { readonly facts: ClientFacts });

export interface NodeBase {
  readonly id: string;
  readonly cluster: string;
  readonly joinOrder: number;
  readonly joinedAt: Instant;
  readonly tokenId: string;
  /** Lower-case hex SHA-256 of the SubjectPublicKeyInfo of its identity key: the one in force (R15). */
  readonly spkiHash: string;
  /** Counts the identity keys that have been in force. */
  readonly identityGeneration: number;
  /** Since when and why it gets no certificates. */
  readonly frozen: { readonly at: Instant; readonly because: Reason } | null;
  readonly evictedAt: Instant | null;
}

export type MemberNode = NodeBase & Extract<Holder, { readonly kind: 'member' }>;
export type ClientNode = NodeBase & Extract<Holder, { readonly kind: 'client' }>;
export type NodeRecord = MemberNode | ClientNode;
export type NewNode = Omit<NodeBase, 'joinOrder' | 'identityGeneration' | 'frozen' | 'evictedAt'> & Holder;

/** The name of a node, unique in its cluster. */
export function nameOf(seat: Seat): string {
  return seat.kind === 'member' ? seat.member : seat.client;
}

export interface NodeRepository {
  /** Gives the record its join order, one higher than any before. */
  create(record: NewNode): Promise<NodeRecord>;
  find(id: string): Promise<NodeRecord | null>;
  findBySpki(spkiHash: string): Promise<NodeRecord | null>;
  /** The node of this name, a member or a client; one that was evicted has none any more. */
  findByName(cluster: string, name: string): Promise<NodeRecord | null>;
  all(): Promise<readonly NodeRecord[]>;
  /** Those that were evicted too. */
  ofCluster(cluster: string): Promise<readonly NodeRecord[]>;
  list(page: PageRequest, cluster: string | null): Promise<Page<NodeRecord>>;
  keepFacts(id: string, facts: Holder['facts']): Promise<void>;
  /** Remembers that this token has admitted the node too; `create` remembers the first. */
  admit(id: string, tokenId: string): Promise<void>;
  wasAdmittedBy(id: string, tokenId: string): Promise<boolean>;
  /** Its name is free from now on, its key used up; false if there is none of this id or it is evicted already. */
  evict(id: string, at: Instant): Promise<boolean>;
  /** False if there is none of this id or it is frozen already: the first reason stands. */
  freeze(id: string, at: Instant, because: Reason): Promise<boolean>;
  unfreeze(id: string): Promise<boolean>;
}

/**
 * A key that is not in force as a node's identity: `pending` was certified and has not been used yet, `superseded` was
 * followed by another.
 */
export interface IdentityKeyRecord {
  readonly spkiHash: string;
  readonly nodeId: string;
  /** The generation that it was, or, pending, is to be. */
  readonly generation: number;
  readonly standing: 'pending' | 'superseded';
  /** Of a pending one: the certificate that was issued for it, as PEM, so that an answer that got lost is given again. */
  readonly certificate: string | null;
}

export interface IdentityKeyRepository {
  all(): Promise<readonly IdentityKeyRecord[]>;
  ofNode(nodeId: string): Promise<readonly IdentityKeyRecord[]>;
  find(spkiHash: string): Promise<IdentityKeyRecord | null>;
  /** Makes this the node's one pending key, in the place of any other, which is superseded unused. */
  keepPending(key: Omit<IdentityKeyRecord, 'standing'>): Promise<void>;
  /** Puts a key in force as its node's next generation; the one before is superseded. */
  putInForce(nodeId: string, spkiHash: string): Promise<void>;
  /** Removes the superseded keys of which no certificate is recorded any more. */
  removeForgotten(): Promise<void>;
}

export interface TokenRecord {
  readonly id: string;
  readonly secretHash: string;
  readonly cluster: string;
  /** What it makes of a machine, and the one name that it may have; null for any. */
  readonly kind: NodeKind;
  readonly name: string | null;
  readonly usesAllowed: number;
  readonly usesSpent: number;
  readonly expiresAt: Instant;
  readonly createdAt: Instant;
  readonly createdBy: string;
}

export interface TokenRepository {
  create(record: TokenRecord): Promise<void>;
  find(id: string): Promise<TokenRecord | null>;
  list(page: PageRequest, cluster: string | null): Promise<Page<TokenRecord>>;
  /** Counts one use; false, and nothing counted, if none is left. */
  spend(id: string): Promise<boolean>;
  /** From now on it is as if it had expired; false if there is none of this id. */
  expire(id: string, at: Instant): Promise<boolean>;
}

/** Node, operator and coordinator certificates are of the control CA, the others of their cluster's. */
export type CertificatePurpose = 'server' | 'peer' | 'client' | 'node' | 'operator' | 'coordinator';

export interface CertificateRecord {
  /** Lower-case hex without leading zeros. */
  readonly serial: string;
  readonly purpose: CertificatePurpose;
  readonly cluster: string | null;
  /** `urn:picket:node:ID`, `…:operator:NAME` or `…:coordinator:INVENTORY`; of a leaf, the node that asked for it. */
  readonly principal: string;
  readonly commonName: string;
  readonly spkiHash: string;
  readonly notBefore: Instant;
  readonly notAfter: Instant;
  readonly issuedAt: Instant;
  readonly revokedAt: Instant | null;
}

export type NewCertificate = Omit<CertificateRecord, 'revokedAt'>;

export interface CertificateRepository {
  create(record: NewCertificate): Promise<void>;
  /** All in one write: a batch costs one fsync. */
  createAll(records: readonly NewCertificate[]): Promise<void>;
  find(serial: string): Promise<CertificateRecord | null>;
  list(page: PageRequest, cluster: string | null): Promise<Page<CertificateRecord>>;
  /** Those that can prove a principal to this coordinator: node and operator certificates. */
  identities(): Promise<readonly CertificateRecord[]>;
  /** False, and nothing changed, if there is none of this serial or it is revoked already. */
  revoke(serial: string, at: Instant): Promise<boolean>;
  revoked(): Promise<readonly CertificateRecord[]>;
  /**
   * Removes at most `most` records of certificates that ended before this moment: none that was revoked, none by which the
   * last issuance is known (R14), and of each key that a node has in force or pending the newest stays.
   * @returns how many
   */
  removeEnded(before: Instant, most: number): Promise<number>;
  /**
   * At most `most` records of certificates that were revoked and ended before this moment: none of a key that a node has, or
   * that another certificate was issued for which has not ended by then, and none by which the last issuance is known (R14).
   */
  endedRevocations(before: Instant, most: number): Promise<readonly CertificateRecord[]>;
  /** Removes the records of these serials. */
  remove(serials: readonly string[]): Promise<void>;
  /** When the newest was issued; null before the first (R14). */
  lastIssuance(): Promise<Instant | null>;
}

export interface OperatorRecord {
  readonly name: string;
  readonly role: Role;
  readonly createdAt: Instant;
}

export interface OperatorRepository {
  /** Throws `operator_exists`. */
  create(record: OperatorRecord): Promise<void>;
  /** False if there is none of this name. */
  keepRole(name: string, role: Role): Promise<boolean>;
  find(name: string): Promise<OperatorRecord | null>;
  all(): Promise<readonly OperatorRecord[]>;
}

/** A desired state as it was published: never changed, only followed by one of a higher generation (R5). */
export interface PublicationRecord {
  readonly nodeId: string;
  readonly generation: number;
  readonly document: DesiredState;
}

/** As it is found in the store: `document` is null where that is damaged, which does not lower the generation (R5). */
export type StoredPublication = Pick<PublicationRecord, 'nodeId' | 'generation'> & {
  readonly document: DesiredState | null;
};

export interface PublicationRepository {
  all(): Promise<readonly StoredPublication[]>;
  /** Throws `generation_not_higher` unless the node's stored generation is lower (R5). */
  publish(record: PublicationRecord): Promise<void>;
}

export interface ReportRecord {
  readonly nodeId: string;
  readonly receivedAt: Instant;
  readonly status: NodeStatus;
}

export interface ReportRepository {
  /** Without those that are damaged, or not what a node may report by now. */
  all(): Promise<readonly ReportRecord[]>;
  /** In one statement, all or nothing, so at most 10,000 records; the latest for each node, and never an older one over a newer. */
  keep(records: readonly ReportRecord[]): Promise<void>;
}

export interface EventRecord {
  readonly id: number;
  readonly at: Instant;
  readonly cluster: string | null;
  /** Of the event table, or of that of another version. */
  readonly kind: string;
  readonly facts: object;
}

export interface EventRepository {
  append(event: Omit<EventRecord, 'id'>): Promise<void>;
  /** Removes at most `most` events of before this moment. @returns how many */
  removeBefore(before: Instant, most: number): Promise<number>;
  /** Leaves the newest so many of each cluster, and of those that are of no cluster. */
  keepNewest(ofEach: number): Promise<void>;
  list(page: PageRequest, cluster: string | null): Promise<Page<EventRecord>>;
}

/** That this store was restored from a backup, and what of it no operator has taken up again since (R5). */
export interface Restoration {
  readonly epoch: Epoch;
  readonly restoredAt: Instant;
  /** When the backup was made. */
  readonly backupAt: Instant;
  /** Nodes to which nothing is issued or published until an operator says that they are the ones. */
  readonly awaited: readonly string[];
  /** Clusters whose progress is still to be taken from what the nodes report. */
  readonly frozen: readonly string[];
}

export interface RestorationRepository {
  /** The last one; null for a store that never was restored. */
  find(): Promise<Restoration | null>;
  keep(restoration: Restoration): Promise<void>;
  /** Spends every join token and forgets whom it has admitted, and what nodes reported: all of it is from before. */
  voidTheOld(): Promise<void>;
}

/** A snapshot that is kept and was found good. */
export interface SnapshotRecord {
  readonly id: string;
  readonly cluster: string;
  /** As etcd had it. */
  readonly clusterId: string;
  /** Of `ClusterProgress.formations`. */
  readonly formation: number;
  readonly member: string;
  readonly etcdVersion: string;
  /** When the first of it came. */
  readonly takenAt: Instant;
  readonly why: Reason;
  readonly revision: number;
  readonly totalKeys: number | null;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly checkedBy: SnapshotCheck;
  /** `s3://BUCKET/KEY`, once it was seen there whole; null for one that lies beside the store. */
  readonly object: string | null;
}

export interface SnapshotRepository {
  create(record: SnapshotRecord): Promise<void>;
  find(id: string): Promise<SnapshotRecord | null>;
  /** The oldest first. */
  ofCluster(cluster: string): Promise<readonly SnapshotRecord[]>;
  list(page: PageRequest, cluster: string | null): Promise<Page<SnapshotRecord>>;
  /** False if there is none of this id. */
  keepObject(id: string, object: string): Promise<boolean>;
  /** False if there is none of this id. */
  remove(id: string): Promise<boolean>;
}
