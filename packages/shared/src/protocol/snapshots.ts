import { type Static, Type } from 'typebox';
import { Outcome } from './reason.ts';
import { Sha256, ToolOrder } from './releases.ts';
import { Told } from './told.ts';
import { ClusterName, EtcdId, Identifier, MemberName, strict, Timestamp } from './words.ts';

/** How much of a snapshot crosses the wire in one request: each is short enough for every limit on the way. */
export const snapshotPartBytes = 512 * 1024;

const Bytes = Type.Integer({ minimum: 0 });

/** When snapshots are taken by themselves, and how long they are kept. */
export const SnapshotPolicy = Type.Object(
  {
    /** 0: none is taken, not even before changes. */
    everyMinutes: Type.Integer({ minimum: 0, maximum: 7 * 24 * 60 }),
    /** Of so many hours, days and weeks that have one, the newest is kept. */
    keepHourly: Type.Integer({ minimum: 0, maximum: 1000 }),
    keepDaily: Type.Integer({ minimum: 0, maximum: 1000 }),
    keepWeekly: Type.Integer({ minimum: 0, maximum: 1000 }),
  },
  strict,
);
export type SnapshotPolicy = Static<typeof SnapshotPolicy>;

/** What is declared without saying it. */
export const defaultSnapshotPolicy: SnapshotPolicy = { everyMinutes: 60, keepHourly: 24, keepDaily: 7, keepWeekly: 4 };

/**
 * A snapshot that this node is to take of its own etcd, once: it is begun within `validForSeconds`, counted as a
 * membership step's are, and sent within `deadlineSeconds` of that.
 */
export const SnapshotOrder = Type.Object({
  id: Identifier,
  validForSeconds: Type.Integer(),
  deadlineSeconds: Type.Integer(),
});
export type SnapshotOrder = Static<typeof SnapshotOrder>;

/** More are not asked before a snapshot is restored. */
export const mostFormerVoters = 100;

/** A voter of the cluster that is given up for a snapshot, as its clients knew it. */
export const FormerVoter = Type.Object({
  name: Type.String({ maxLength: 128 }),
  clientUrl: Type.String({ maxLength: 300 }),
});
export type FormerVoter = Static<typeof FormerVoter>;

/** The snapshot that this life of a member begins from, in the place of an empty data dir. */
export const RestoreOrder = Type.Object({
  snapshot: Identifier,
  sizeBytes: Bytes,
  sha256: Sha256,
  /** For a node that has no program to restore with. Left out if the release store has none for its architecture. */
  tool: Type.Optional(ToolOrder),
  /** None of them may answer a linearizable read before this life begins (R16). */
  former: Type.Array(FormerVoter, { maxItems: mostFormerVoters }),
});
export type RestoreOrder = Static<typeof RestoreOrder>;

/** How far the last snapshot that this node was asked for has come. */
export const SnapshotOutcome = Outcome;
export type SnapshotOutcome = Static<typeof SnapshotOutcome>;

/** `PUT /v1/node/snapshots/:id?offset=N`, part after part; answered with how much is there now. */
export const SnapshotPartAnswer = Type.Object({ receivedBytes: Bytes });
export type SnapshotPartAnswer = Static<typeof SnapshotPartAnswer>;

/** `POST /v1/node/snapshots/:id`: all of it has been sent. */
export const SnapshotEnd = Type.Object(
  {
    sizeBytes: Bytes,
    /** etcd's own, read just before the snapshot was begun. */
    revision: Bytes,
    clusterId: EtcdId,
    etcdVersion: Type.String({ maxLength: 64 }),
  },
  strict,
);
export type SnapshotEnd = Static<typeof SnapshotEnd>;

/** What has looked at a snapshot: the hash that etcd puts at its end; etcdutl as well, which reads all of it. */
export const SnapshotCheck = Type.Union([Type.Literal('hash'), Type.Literal('etcdutl')]);
export type SnapshotCheck = Static<typeof SnapshotCheck>;

export const SnapshotView = Type.Object({
  id: Identifier,
  cluster: ClusterName,
  clusterId: EtcdId,
  /** Counts the foundings and restores of the cluster: after one, the snapshots of before are of another cluster ID. */
  formation: Type.Integer(),
  member: MemberName,
  etcdVersion: Type.String(),
  takenAt: Timestamp,
  why: Told,
  revision: Bytes,
  /** As etcdutl counts the entries of the database, etcd's own among them; null where it did not. */
  totalKeys: Type.Union([Bytes, Type.Null()]),
  sizeBytes: Bytes,
  sha256: Sha256,
  checkedBy: SnapshotCheck,
  /** `s3://BUCKET/KEY`, once the store has it; null while it lies on the coordinator. */
  object: Type.Union([Type.String(), Type.Null()]),
});
export type SnapshotView = Static<typeof SnapshotView>;

/** `GET /v1/clusters/:name/snapshots`: where the cluster stands with its snapshots. */
export const SnapshotState = Type.Object({
  policy: SnapshotPolicy,
  /** The one that is being taken. */
  task: Type.Union([Type.Object({ id: Identifier, member: MemberName, since: Timestamp, why: Told }), Type.Null()]),
  last: Type.Union([Type.Object({ id: Identifier, takenAt: Timestamp }), Type.Null()]),
  /** Why the last attempt failed; null once one has succeeded. */
  failure: Type.Union([Type.Object({ id: Identifier, at: Timestamp, reason: Told }), Type.Null()]),
});
export type SnapshotState = Static<typeof SnapshotState>;

/** `POST /v1/clusters/:name/snapshots`. */
export const SnapshotAsked = Type.Object({ id: Identifier });
export type SnapshotAsked = Static<typeof SnapshotAsked>;

/** `POST /v1/snapshots/:id/verify`. */
export const SnapshotVerified = Type.Object({ sha256: Sha256, checkedBy: SnapshotCheck });
export type SnapshotVerified = Static<typeof SnapshotVerified>;

/** `POST /v1/clusters/:name/restore`. */
export const RestoreRequest = Type.Object(
  {
    snapshot: Identifier,
    /** Even where it is not known that a majority of the voters lost their data. */
    force: Type.Optional(Type.Boolean()),
    /** The cluster's name. Beside force, where etcd is known to serve. */
    confirm: Type.Optional(Type.String({ maxLength: 64 })),
  },
  strict,
);
export type RestoreRequest = Static<typeof RestoreRequest>;
