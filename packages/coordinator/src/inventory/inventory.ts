import type { AuditEntry } from '@picket/shared/protocol/audit.ts';
import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';
import type { DesiredState } from '@picket/shared/protocol/desired-state.ts';
import type { Epoch } from '@picket/shared/protocol/epoch.ts';
import type { ClientFacts, NodeFacts } from '@picket/shared/protocol/join.ts';
import type { ChannelKind, Severity } from '@picket/shared/protocol/notifications.ts';
import type { NodeStatus } from '@picket/shared/protocol/report.ts';
import type { Role } from '@picket/shared/protocol/roles.ts';
import type { SnapshotCheck } from '@picket/shared/protocol/snapshots.ts';
import type { Reason } from '@picket/shared/reasons/reason.ts';
import type { Conditions } from '../model/conditions.ts';
import type { Instant } from '../model/instant.ts';
import type { Known, Message } from '../model/notifications.ts';
import type { ClusterProgress } from '../model/progress.ts';
import type { repositoriesOn, sqliteInventory } from './open-inventory.ts';

/** What the store holds, by table. */
export type Repositories = ReturnType<typeof repositoriesOn>;
export type Inventory = ReturnType<typeof sqliteInventory>;

export interface PageRequest {
  readonly limit: number;
  readonly after: string | null;
}

export interface ClusterRecord {
  readonly id: string;
  readonly spec: ClusterSpec;
  readonly progress: ClusterProgress;
  /** What the events have told of it; no decision depends on it. */
  readonly conditions: Conditions;
  /** Counts the stored versions of progress and conditions. */
  readonly progressVersion: number;
  readonly createdAt: Instant;
}

/** The progress of a cluster is no longer of the version that was read: another has written since. */
export class ProgressConflict extends Error {
  constructor(name: string, expected: number, actual: number) {
    super(`the progress of ${name} is at version ${actual}, but this change is based on version ${expected}`);
  }
}

/** A spec as an operator once declared it. */
export interface RevisionRecord {
  readonly spec: ClusterSpec;
  readonly at: Instant;
  readonly by: string;
}

/**
 * The role and name of a node in its cluster. No two nodes that are not evicted share a name, and a client has no name
 * of a member.
 */
export type NodeRole =
  | { readonly kind: 'member'; readonly member: string }
  | { readonly kind: 'client'; readonly client: string };

export type NodeKind = NodeRole['kind'];

/** A role with what its machine reported when it last joined. */
export type Holder =
  | (Extract<NodeRole, { readonly kind: 'member' }> & { readonly facts: NodeFacts })
  | (Extract<NodeRole, { readonly kind: 'client' }> & { readonly facts: ClientFacts });

interface NodeBase {
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
type ClientNode = NodeBase & Extract<Holder, { readonly kind: 'client' }>;
export type NodeRecord = MemberNode | ClientNode;
export type NewNode = Omit<NodeBase, 'joinOrder' | 'identityGeneration' | 'frozen' | 'evictedAt'> & Holder;
/** The part of a node that its desired state depends on. */
export type StateNode = NewNode & Pick<NodeBase, 'evictedAt'>;

/** The members among these nodes, without evicted ones. */
export function presentMembers(nodes: readonly NodeRecord[]): MemberNode[] {
  return nodes.filter((node): node is MemberNode => node.kind === 'member' && node.evictedAt === null);
}

/** The name of a node, unique in its cluster. */
export function nameOf(nodeRole: NodeRole): string {
  return nodeRole.kind === 'member' ? nodeRole.member : nodeRole.client;
}

/**
 * A key that is not in force as a node's identity: `pending` was certified and has not been used yet, `superseded` was
 * followed by another.
 */
export interface IdentityKeyRecord {
  readonly spkiHash: string;
  readonly nodeId: string;
  /** The generation that it was or, if pending, will be. */
  readonly generation: number;
  readonly standing: 'pending' | 'superseded';
  /** For a pending key: the certificate that was issued for it, as PEM, so that a lost answer can be given again. */
  readonly certificate: string | null;
}

export interface TokenRecord {
  readonly id: string;
  readonly secretHash: string;
  readonly cluster: string;
  /** The role that it gives a machine, and the one name that the machine may have; null for any. */
  readonly kind: NodeKind;
  readonly name: string | null;
  readonly usesAllowed: number;
  readonly usesSpent: number;
  readonly expiresAt: Instant;
  readonly createdAt: Instant;
  readonly createdBy: string;
}

/** Node, operator and coordinator certificates are of the control CA, the others of their cluster's. */
export type CertificatePurpose = 'server' | 'peer' | 'client' | 'admin' | 'node' | 'operator' | 'coordinator';

export interface CertificateRecord {
  /** Lower-case hex without leading zeros. */
  readonly serial: string;
  readonly purpose: CertificatePurpose;
  readonly cluster: string | null;
  /** `urn:picket:node:ID`, `…:operator:NAME` or `…:coordinator:INVENTORY`; for a leaf, the node that requested it. */
  readonly principal: string;
  readonly commonName: string;
  readonly spkiHash: string;
  readonly notBefore: Instant;
  readonly notAfter: Instant;
  readonly issuedAt: Instant;
  readonly revokedAt: Instant | null;
}

export type NewCertificate = Omit<CertificateRecord, 'revokedAt'>;

export interface OperatorRecord {
  readonly name: string;
  readonly role: Role;
  readonly createdAt: Instant;
}

/** A login string, without its secret. */
export interface LoginRecord {
  readonly operator: string;
  readonly id: string;
  readonly secretHash: string;
  readonly createdAt: Instant;
  /** The URI of the admin. */
  readonly createdBy: string;
  readonly expiresAt: Instant;
  readonly usedAt: Instant | null;
}

/** A published desired state: never changed, only followed by one of a higher generation (R5). */
export interface PublicationRecord {
  readonly nodeId: string;
  readonly generation: number;
  readonly document: DesiredState;
}

/** As found in the store: `document` is null if it is damaged; the generation still counts (R5). */
export type StoredPublication = Pick<PublicationRecord, 'nodeId' | 'generation'> & {
  readonly document: DesiredState | null;
};

export interface ReportRecord {
  readonly nodeId: string;
  readonly receivedAt: Instant;
  readonly status: NodeStatus;
}

export interface EventRecord {
  readonly id: number;
  readonly at: Instant;
  readonly cluster: string | null;
  /** From the table of events of this version, or of another one. */
  readonly kind: string;
  readonly facts: object;
}

/** What an entry of the audit log says; the store numbers and links it. No secret may be in it (R11). */
export type NewAuditEntry = Omit<AuditEntry, 'number' | 'at' | 'previous' | 'hash'> & { readonly at: Instant };

/** That this store was restored from a backup, and what of it still waits for re-adoption (R5). */
export interface Restoration {
  readonly epoch: Epoch;
  readonly restoredAt: Instant;
  /** When the backup was made. */
  readonly backupAt: Instant;
  /** Nodes that get no certificate and no desired state until an operator re-adopts them. */
  readonly awaited: readonly string[];
  /** Clusters whose progress still has to be taken from the nodes' reports. */
  readonly frozen: readonly string[];
}

/** A snapshot that is stored and was verified. */
export interface SnapshotRecord {
  readonly id: string;
  readonly cluster: string;
  /** In etcd's numbering; null, like the next three, if it was imported. */
  readonly clusterId: string | null;
  /** Of `ClusterProgress.formations`. */
  readonly formation: number | null;
  readonly member: string | null;
  readonly etcdVersion: string | null;
  /** When its first part arrived. */
  readonly takenAt: Instant;
  readonly why: Reason;
  readonly revision: number;
  readonly totalKeys: number | null;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly checkedBy: SnapshotCheck;
  /** `s3://BUCKET/KEY`, once the whole object was seen there; null for one beside the store. */
  readonly object: string | null;
}

/** What the receiver of a channel knows, and what it has not taken yet. */
export interface ChannelState extends Known {
  /** Stored before it is sent, and until it is taken. */
  readonly waiting: Message | null;
  readonly deliveredAt: Instant | null;
}

/** Where notifications go. */
export interface ChannelRecord extends ChannelState {
  readonly name: string;
  readonly kind: ChannelKind;
  /** The receiver without path and secrets (R11). */
  readonly target: string;
  /** Addresses and secrets, encrypted by the `SecretBox` (R11). */
  readonly settings: string;
  /** null: all, and the coordinator itself. */
  readonly clusters: readonly string[] | null;
  /** The lowest that is sent. */
  readonly severity: Severity;
  readonly createdAt: Instant;
  readonly createdBy: string;
}

/** The member of which a history is: by the ID of its cluster, because the name of a deleted cluster can be used again. */
export interface HistoryPlace {
  readonly cluster: string;
  readonly member: string;
}

/** What a member has reported in the last days, packed. */
export interface HistoryRecord extends HistoryPlace {
  readonly ring: Uint8Array;
}

/** A key belongs to one operator. From another operator, the same key means another request. */
export interface IdempotencyKey {
  /** The URI of the operator. */
  readonly operator: string;
  readonly key: string;
}

/** A request with an idempotency key. */
export interface IdempotentRequestRecord extends IdempotencyKey {
  /** Of the entry in the audit log that records the request. */
  readonly number: number;
  readonly begunAt: Instant;
  /** Encrypted, because it is made of the body (R11). */
  readonly fingerprint: string;
  /** Encrypted (R11); empty if it was too large; null as long as the request has no result. */
  readonly answer: string | null;
}
