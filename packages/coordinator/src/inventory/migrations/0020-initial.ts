import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

const statements = [
  `create table properties (
    name text not null primary key,
    value text not null
  )`,
  `create table clusters (
    name text not null primary key,
    id text not null unique,
    revision integer not null,
    spec text not null,
    progress text not null,
    progressVersion integer not null,
    createdAt integer not null,
    -- What the events of the cluster have told.
    conditions text default '{}' not null,
    -- When the name of a deleted cluster became free.
    deletedAt integer
  )`,
  `create table revisions (
    cluster text not null references clusters (name),
    revision integer not null,
    spec text not null,
    "at" integer not null,
    "by" text not null,
    constraint revisions_key primary key (cluster, revision)
  )`,
  `create table tokens (
    number integer primary key autoincrement,
    id text not null unique,
    secretHash text not null,
    cluster text not null references clusters (name),
    kind text not null,
    name text,
    usesAllowed integer not null,
    usesSpent integer not null,
    expiresAt integer not null,
    createdAt integer not null,
    createdBy text not null,
    constraint tokens_uses check (usesSpent between 0 and usesAllowed)
  )`,
  `create table nodes (
    id text not null primary key,
    cluster text not null references clusters (name),
    kind text not null,
    name text not null,
    joinOrder integer not null unique,
    joinedAt integer not null,
    tokenId text not null references tokens (id),
    spkiHash text not null unique,
    identityGeneration integer default 1 not null,
    frozenAt integer,
    frozenBecause text,
    facts text not null,
    evictedAt integer
  )`,
  // An evicted node frees its name; its key stays used. Members and clients share one set of names.
  `create unique index nodes_name on nodes (cluster, name) where evictedAt is null`,
  // The key in force is stored with its node, all its others here (R15).
  `create table identity_keys (
    spkiHash text not null primary key,
    nodeId text not null references nodes (id),
    generation integer not null,
    standing text not null,
    certificate text,
    constraint identity_keys_standing check (standing in ('pending', 'superseded'))
  )`,
  `create unique index identity_keys_pending on identity_keys (nodeId) where standing = 'pending'`,
  `create index identity_keys_node on identity_keys (nodeId)`,
  `create table admissions (
    nodeId text not null references nodes (id),
    tokenId text not null references tokens (id),
    constraint admissions_key primary key (nodeId, tokenId)
  )`,
  // No reference to clusters: revocations restored from the file may be of a cluster that a restored store lacks.
  `create table certificates (
    number integer primary key autoincrement,
    serial text not null unique,
    purpose text not null,
    cluster text,
    principal text not null,
    commonName text not null,
    spkiHash text not null,
    notBefore integer not null,
    notAfter integer not null,
    issuedAt integer not null,
    revokedAt integer
  )`,
  `create index certificates_issued on certificates (issuedAt)`,
  `create index certificates_ended on certificates (notAfter)`,
  `create index certificates_key on certificates (spkiHash)`,
  `create table operators (
    name text not null primary key,
    role text not null,
    createdAt integer not null
  )`,
  `create table publications (
    nodeId text not null primary key references nodes (id),
    generation integer not null,
    document text not null
  )`,
  `create table reports (
    nodeId text not null primary key references nodes (id),
    receivedAt integer not null,
    status text not null
  )`,
  `create table events (
    id integer primary key autoincrement,
    "at" integer not null,
    cluster text,
    kind text not null,
    facts text not null
  )`,
  `create index events_cluster on events (cluster, id)`,
  `create table snapshots (
    number integer primary key autoincrement,
    id text not null unique,
    cluster text not null references clusters (name),
    clusterId text not null,
    formation integer not null,
    member text not null,
    etcdVersion text not null,
    takenAt integer not null,
    why text not null,
    revision integer not null,
    totalKeys integer,
    sizeBytes integer not null,
    sha256 text not null,
    checkedBy text not null,
    -- Its location in an S3-compatible store; null for one beside the database.
    "object" text
  )`,
  `create index snapshots_cluster on snapshots (cluster, number)`,
  // The audit log. The database itself refuses to change an entry, and to remove another than the oldest.
  `create table audit (
    number integer not null primary key,
    "at" integer not null,
    -- The entry without its hash, as the text that the hash was made of.
    entry text not null,
    hash text not null
  )`,
  `create trigger audit_never_changes before update on audit
  begin
  select raise(abort, 'an entry of the audit log never changes');
  end`,
  `create trigger audit_loses_the_oldest before delete on audit
  when exists (select 1 from audit where number < old.number)
  begin
  select raise(abort, 'only the oldest entries of the audit log may be removed');
  end`,
  // Lets events be found by the node or member that they are about, by their kind and by their time.
  `create table event_subjects (
    subject text not null,
    eventId integer not null references events (id) on delete cascade,
    constraint event_subjects_key primary key (subject, eventId)
  )`,
  `create index event_subjects_event on event_subjects (eventId)`,
  `create index events_kind on events (kind, id)`,
  `create index events_at on events ("at")`,
  // With a login string, an operator gets a certificate for a key that is made where it is used. At most one for each operator.
  `create table logins (
    operator text primary key references operators (name) on delete cascade,
    id text not null unique,
    secretHash text not null,
    createdAt integer not null,
    createdBy text not null,
    expiresAt integer not null,
    usedAt integer
  )`,
  // Where notifications go, what each receiver knows, and what it has not taken yet.
  `create table channels (
    name text primary key,
    kind text not null,
    target text not null,
    settings text not null,
    clusters text,
    severity text not null,
    createdAt integer not null,
    createdBy text not null,
    told text not null,
    waiting text,
    deliveredAt integer,
    -- When the receiver learnt of a change in the last hour, so that a problem that changes often is found after a restart too.
    changes text default '[]' not null
  )`,
  // What each member has reported in the last days, packed into one value: a row for each point would be thousands.
  `create table history (
    cluster text not null,
    member text not null,
    ring blob not null,
    constraint history_place primary key (cluster, member)
  )`,
  // Requests with an idempotency key, and the answers that a repetition gets.
  `create table idempotent_requests (
    number integer primary key,
    operator text not null,
    "key" text not null,
    begunAt integer not null,
    fingerprint text not null,
    answer text,
    constraint idempotent_requests_of_operator unique (operator, "key")
  )`,
];

/** The tables of the first release. A migration is never edited, and never imports the present schema: it must always do the same. */
export const initial: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};
