import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';
import type { DesiredState } from '@picket/shared/protocol/desired-state.ts';
import type { Epoch } from '@picket/shared/protocol/epoch.ts';
import type { ClientFacts, NodeFacts } from '@picket/shared/protocol/join.ts';
import type { NodeStatus } from '@picket/shared/protocol/report.ts';
import type { Role } from '@picket/shared/protocol/roles.ts';
import type { SnapshotCheck } from '@picket/shared/protocol/snapshots.ts';
import type { Reason } from '@picket/shared/reasons/reason.ts';
import type { Instant } from '../model/instant.ts';
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

/** A spec as an operator once wanted it. */
export interface RevisionRecord {
  readonly spec: ClusterSpec;
  readonly at: Instant;
  readonly by: string;
}

/** What a node is in its cluster; no two that are not evicted are the same, nor is a client called as a member. */
export type NodeRole =
  | { readonly kind: 'member'; readonly member: string }
  | { readonly kind: 'client'; readonly client: string };

export type NodeKind = NodeRole['kind'];

/** A role with what its machine said of itself when it last joined. */
export type Holder =
  | (Extract<NodeRole, { readonly kind: 'member' }> & { readonly facts: NodeFacts })
  | (Extract<NodeRole, { readonly kind: 'client' }> & { readonly facts: ClientFacts });

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
/** The part of a node that its desired state depends on. */
export type ToldNode = NewNode & Pick<NodeBase, 'evictedAt'>;

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
  /** The generation that it was, or, pending, is to be. */
  readonly generation: number;
  readonly standing: 'pending' | 'superseded';
  /** Of a pending one: the certificate that was issued for it, as PEM, so that an answer that got lost is given again. */
  readonly certificate: string | null;
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

export interface OperatorRecord {
  readonly name: string;
  readonly role: Role;
  readonly createdAt: Instant;
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

export interface ReportRecord {
  readonly nodeId: string;
  readonly receivedAt: Instant;
  readonly status: NodeStatus;
}

export interface EventRecord {
  readonly id: number;
  readonly at: Instant;
  readonly cluster: string | null;
  /** Of the event table, or of that of another version. */
  readonly kind: string;
  readonly facts: object;
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
