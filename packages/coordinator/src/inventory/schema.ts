import type { Role } from '@picket/shared/protocol/operators.ts';
import type { SnapshotCheck } from '@picket/shared/protocol/snapshots.ts';
import type { Generated, Kysely } from 'kysely';
import type { CertificatePurpose, NodeKind } from './inventory.ts';

/** The tables as the newest migration leaves them. Instants are milliseconds since the epoch; documents are JSON. */
export interface Schema {
  readonly properties: PropertyTable;
  readonly clusters: ClusterTable;
  readonly nodes: NodeTable;
  readonly identity_keys: IdentityKeyTable;
  readonly admissions: AdmissionTable;
  readonly tokens: TokenTable;
  readonly certificates: CertificateTable;
  readonly operators: OperatorTable;
  readonly publications: PublicationTable;
  readonly reports: ReportTable;
  readonly events: EventTable;
  readonly snapshots: SnapshotTable;
  readonly revisions: RevisionTable;
}

/**
 * Gives the connection to query with: the transaction's own inside one, else the store's. A function, so that the
 * store can refuse its own connection to code that runs inside a transaction, where it would wait for itself.
 */
export type Connection = () => Kysely<Schema>;

interface PropertyTable {
  name: string;
  value: string;
}

interface ClusterTable {
  name: string;
  id: string;
  revision: number;
  spec: string;
  progress: string;
  created_at: number;
}

interface NodeTable {
  id: string;
  cluster: string;
  kind: NodeKind;
  /** The name of the member or the client. */
  member: string;
  join_order: number;
  joined_at: number;
  token_id: string;
  spki_hash: string;
  facts: string;
  evicted_at: number | null;
  identity_generation: Generated<number>;
  frozen_at: number | null;
  frozen_because: string | null;
}

interface IdentityKeyTable {
  spki_hash: string;
  node_id: string;
  generation: number;
  standing: 'pending' | 'superseded';
  certificate: string | null;
}

interface AdmissionTable {
  node_id: string;
  token_id: string;
}

interface TokenTable {
  number: Generated<number>;
  id: string;
  secret_hash: string;
  cluster: string;
  kind: NodeKind;
  /** The one name that it admits. */
  member: string | null;
  uses_allowed: number;
  uses_spent: number;
  expires_at: number;
  created_at: number;
  created_by: string;
}

interface CertificateTable {
  number: Generated<number>;
  serial: string;
  purpose: CertificatePurpose;
  cluster: string | null;
  principal: string;
  common_name: string;
  spki_hash: string;
  not_before: number;
  not_after: number;
  issued_at: number;
  revoked_at: number | null;
}

interface OperatorTable {
  name: string;
  role: Role;
  created_at: number;
}

interface PublicationTable {
  node_id: string;
  generation: number;
  document: string;
}

interface ReportTable {
  node_id: string;
  received_at: number;
  status: string;
}

interface RevisionTable {
  cluster: string;
  revision: number;
  spec: string;
  at: number;
  by: string;
}

interface EventTable {
  id: Generated<number>;
  at: number;
  cluster: string | null;
  kind: string;
  facts: string;
}

interface SnapshotTable {
  number: Generated<number>;
  id: string;
  cluster: string;
  cluster_id: string;
  formation: number;
  member: string;
  etcd_version: string;
  taken_at: number;
  why: string;
  revision: number;
  total_keys: number | null;
  size_bytes: number;
  sha256: string;
  checked_by: SnapshotCheck;
  object: string | null;
}
