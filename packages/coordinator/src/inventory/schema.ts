import type { Generated, Kysely } from 'kysely';
import type {
  CertificateRecord,
  ChannelRecord,
  EventRecord,
  HistoryRecord,
  IdempotentRequestRecord,
  IdentityKeyRecord,
  LoginRecord,
  NodeKind,
  OperatorRecord,
  PublicationRecord,
  ReportRecord,
  RevisionRecord,
  SnapshotRecord,
  TokenRecord,
} from './inventory.ts';

/**
 * The tables as the newest migration leaves them. Instants are milliseconds since the epoch; documents are JSON.
 * Columns have the names of the fields of the records.
 */
export interface Schema {
  readonly properties: PropertyTable;
  readonly clusters: ClusterTable;
  readonly nodes: NodeTable;
  readonly identity_keys: IdentityKeyRecord;
  readonly admissions: AdmissionTable;
  readonly tokens: TokenRecord & Numbered;
  readonly certificates: CertificateRecord & Numbered;
  readonly operators: OperatorRecord;
  readonly logins: LoginRecord;
  readonly publications: PublicationTable;
  readonly reports: ReportTable;
  readonly events: EventTable;
  readonly event_subjects: EventSubjectTable;
  readonly snapshots: SnapshotTable;
  readonly revisions: RevisionTable;
  readonly audit: AuditTable;
  readonly channels: ChannelTable;
  readonly history: HistoryRecord;
  readonly idempotent_requests: IdempotentRequestRecord;
}

/**
 * Returns the connection to query with: the transaction's own inside one, else the store's. A function, so that the
 * store can refuse its own connection to code inside a transaction, which would wait for itself.
 */
export type Connection = () => Kysely<Schema>;

interface PropertyTable {
  name: string;
  value: string;
}

/** Gives each row a number, one higher than any before. */
interface Numbered {
  number: Generated<number>;
}

interface ClusterTable {
  name: string;
  id: string;
  revision: number;
  spec: string;
  progress: string;
  conditions: string;
  progressVersion: number;
  createdAt: number;
  /** When its name became free; null for a cluster that is not deleted. */
  deletedAt: Generated<number | null>;
}

interface NodeTable {
  id: string;
  cluster: string;
  kind: NodeKind;
  /** Of the member or the client. */
  name: string;
  joinOrder: number;
  joinedAt: number;
  tokenId: string;
  spkiHash: string;
  facts: string;
  evictedAt: number | null;
  identityGeneration: Generated<number>;
  frozenAt: number | null;
  frozenBecause: string | null;
}

interface AdmissionTable {
  nodeId: string;
  tokenId: string;
}

/** The entry is the canonical JSON that the hash was made of. */
interface AuditTable {
  number: number;
  at: number;
  entry: string;
  hash: string;
}

type ChannelTable = Omit<ChannelRecord, 'clusters' | 'notified' | 'changes' | 'waiting'> & {
  clusters: string | null;
  notified: string;
  changes: string;
  waiting: string | null;
};
type PublicationTable = Omit<PublicationRecord, 'document'> & { document: string };
type ReportTable = Omit<ReportRecord, 'status'> & { status: string };
type RevisionTable = Omit<RevisionRecord, 'spec'> & { cluster: string; revision: number; spec: string };
type EventTable = Omit<EventRecord, 'id' | 'facts'> & { id: Generated<number>; facts: string };
/** The nodes and members that an event is about: IDs and names. */
interface EventSubjectTable {
  subject: string;
  eventId: number;
}
type SnapshotTable = Omit<SnapshotRecord, 'why'> & Numbered & { why: string };
