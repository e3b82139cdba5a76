import type { Static } from 'typebox';
import * as Type from 'typebox';
import { ClusterName, DryRun, EtcdId, Identifier, MemberName, strict, Timestamp } from './primitives.ts';
import { Outcome } from './reason.ts';
import { Sha256, ToolOrder } from './releases.ts';
import { Rendered } from './rendered.ts';
import { oneOf, orNull } from './unions.ts';

/** The largest part of a snapshot in one request, small enough for every limit on the way. */
export const snapshotPartBytes = 512 * 1024;

const Bytes = Type.Integer({ minimum: 0 });

/** How often snapshots are taken, and how long they are kept. */
export const SnapshotPolicy = Type.Object(
  {
    /** 0: take none, not even before changes. */
    everyMinutes: Type.Integer({ minimum: 0, maximum: 7 * 24 * 60 }),
    /** For this number of hours, days and weeks with a snapshot, keep the newest one of each. */
    keepHourly: Type.Integer({ minimum: 0, maximum: 1000 }),
    keepDaily: Type.Integer({ minimum: 0, maximum: 1000 }),
    keepWeekly: Type.Integer({ minimum: 0, maximum: 1000 }),
    /** How often the newest snapshot is restored into an etcd on the coordinator, to see that it can be. 0 or omitted: never. */
    rehearseEveryHours: Type.Optional(Type.Integer({ minimum: 0, maximum: 366 * 24 })),
  },
  strict,
);
export type SnapshotPolicy = Static<typeof SnapshotPolicy>;

/** The policy of a cluster that declares none. */
export const defaultSnapshotPolicy: SnapshotPolicy = { everyMinutes: 60, keepHourly: 24, keepDaily: 7, keepWeekly: 4 };

/**
 * An order to this node to take a snapshot of its own etcd, once. The agent starts it within `validForSeconds`, counted as for
 * a membership step, and sends it within `deadlineSeconds` after that.
 */
export const SnapshotOrder = Type.Object({
  id: Identifier,
  validForSeconds: Type.Integer(),
  deadlineSeconds: Type.Integer(),
});
export type SnapshotOrder = Static<typeof SnapshotOrder>;

/** The largest number of former voters that a node asks before it restores a snapshot. */
export const mostFormerVoters = 100;

/** A voter of the cluster that is given up for a snapshot, with its client URL. */
export const FormerVoter = Type.Object({
  name: Type.String({ maxLength: 128 }),
  clientUrl: Type.String({ maxLength: 300 }),
});
export type FormerVoter = Static<typeof FormerVoter>;

/** The snapshot with which this incarnation of a member begins, instead of an empty data directory. */
export const RestoreOrder = Type.Object({
  snapshot: Identifier,
  sizeBytes: Bytes,
  sha256: Sha256,
  /** For a node without its own etcdutl. Left out if the release store has none for its architecture. */
  tool: Type.Optional(ToolOrder),
  /** None of them may answer a linearizable read before this incarnation begins (R16). */
  former: Type.Array(FormerVoter, { maxItems: mostFormerVoters }),
});
export type RestoreOrder = Static<typeof RestoreOrder>;

/** The outcome of the last snapshot order of this node. */
export const SnapshotOutcome = Outcome;
export type SnapshotOutcome = Static<typeof SnapshotOutcome>;

/** `PUT /v1/node/snapshots/:id?offset=N` for each part. The answer says how much the coordinator has. */
export const SnapshotPartAnswer = Type.Object({ receivedBytes: Bytes });
export type SnapshotPartAnswer = Static<typeof SnapshotPartAnswer>;

/** `POST /v1/node/snapshots/:id`: all parts were sent. */
export const SnapshotEnd = Type.Object(
  {
    sizeBytes: Bytes,
    /** etcd's revision, read just before the snapshot started. */
    revision: Bytes,
    clusterId: EtcdId,
    etcdVersion: Type.String({ maxLength: 64 }),
  },
  strict,
);
export type SnapshotEnd = Static<typeof SnapshotEnd>;

/**
 * How a snapshot was checked: by the hash that etcd puts at its end and by its structure, as a database of bbolt; or also by
 * etcdutl, which reads all of it.
 */
export const SnapshotCheck = oneOf('structure', 'etcdutl');
export type SnapshotCheck = Static<typeof SnapshotCheck>;

export const SnapshotView = Type.Object({
  id: Identifier,
  cluster: ClusterName,
  /** null if it was imported: the file does not say it. So are `formation`, `member` and `etcdVersion`. */
  clusterId: orNull(EtcdId),
  /** Counts the foundings and restores of the cluster. Snapshots of an earlier formation have another cluster ID. */
  formation: orNull(Type.Integer()),
  member: orNull(MemberName),
  etcdVersion: orNull(Type.String()),
  /** When its first part arrived; of one that was imported, not when it was taken. */
  takenAt: Timestamp,
  /** `imported`: an operator has imported it. */
  why: Rendered,
  revision: Bytes,
  /** The entries in the database by etcdutl: that of 3.5 counts etcd's own too, later ones do not. null if etcdutl did not count. */
  totalKeys: orNull(Bytes),
  sizeBytes: Bytes,
  sha256: Sha256,
  checkedBy: SnapshotCheck,
  /** `s3://BUCKET/KEY` once the store has it; null while it is on the coordinator. */
  object: orNull(Type.String()),
});
export type SnapshotView = Static<typeof SnapshotView>;

/** `POST /v1/clusters/:name/snapshot-imports`: a file with a snapshot follows, in parts. */
export const SnapshotImport = Type.Object(
  {
    /** The size of the file. Omitted if it is not known yet. */
    sizeBytes: Type.Optional(Bytes),
  },
  strict,
);
export type SnapshotImport = Static<typeof SnapshotImport>;

/** The answer: the ID of the import, and of the snapshot that it becomes. */
export const SnapshotImportBegun = Type.Object({ id: Identifier });
export type SnapshotImportBegun = Static<typeof SnapshotImportBegun>;

/** `POST /v1/snapshot-imports/:id`: all parts were sent. */
export const SnapshotImportEnd = Type.Object({ sizeBytes: Bytes, sha256: Sha256 }, strict);
export type SnapshotImportEnd = Static<typeof SnapshotImportEnd>;

/** A snapshot that was restored into an etcd on the coordinator, which then served its data. */
export const RehearsalView = Type.Object({
  id: Identifier,
  snapshot: Identifier,
  at: Timestamp,
  etcdVersion: Type.String(),
  revision: Bytes,
  /** null if etcd did not say how many. */
  keys: orNull(Bytes),
  /** etcd's hash of the keys and values at that revision, as `etcdctl endpoint hashkv` prints it; null if authentication is on. */
  hash: orNull(Bytes),
  tookMs: Type.Number({ minimum: 0 }),
});
export type RehearsalView = Static<typeof RehearsalView>;

/** The rehearsals of restoring the snapshots of a cluster. */
export const RehearsalState = Type.Object({
  /** The one that runs. `phase`: it reads the snapshot, restores it, or starts etcd. */
  task: orNull(
    Type.Object({
      id: Identifier,
      snapshot: Identifier,
      since: Timestamp,
      phase: oneOf('reads', 'restores', 'starts'),
    }),
  ),
  /** The last that worked. */
  worked: orNull(RehearsalView),
  /** Why the last one failed; null once another one has worked. `count`: how many since then. */
  failure: orNull(
    Type.Object({
      id: Identifier,
      snapshot: Identifier,
      at: Timestamp,
      count: Type.Integer({ minimum: 1 }),
      reason: Rendered,
    }),
  ),
});
export type RehearsalState = Static<typeof RehearsalState>;

/** `GET /v1/clusters/:name/snapshots`: the state of the cluster's snapshots. */
export const SnapshotState = Type.Object({
  policy: SnapshotPolicy,
  /** The snapshot that is being taken. */
  task: orNull(Type.Object({ id: Identifier, member: MemberName, since: Timestamp, why: Rendered })),
  last: orNull(Type.Object({ id: Identifier, takenAt: Timestamp })),
  /** Why the last attempt failed; null after a success. */
  failure: orNull(Type.Object({ id: Identifier, at: Timestamp, reason: Rendered })),
  rehearsal: RehearsalState,
});
export type SnapshotState = Static<typeof SnapshotState>;

/** `POST /v1/clusters/:name/snapshots`. */
export const SnapshotTake = Type.Object(
  {
    /** Take it from the voter that has applied most, although no quorum serves. It may lack acknowledged writes. */
    withoutQuorum: Type.Optional(Type.Boolean()),
  },
  strict,
);
export type SnapshotTake = Static<typeof SnapshotTake>;

/** The answer. */
export const SnapshotAsked = Type.Object({ id: Identifier });
export type SnapshotAsked = Static<typeof SnapshotAsked>;

/** `POST /v1/clusters/:name/rehearsals`. */
export const RehearsalRequest = Type.Object(
  {
    /** Omitted: the newest one. */
    snapshot: Type.Optional(Identifier),
  },
  strict,
);
export type RehearsalRequest = Static<typeof RehearsalRequest>;

/** The answer. The rehearsal continues after it. */
export const RehearsalBegun = Type.Object({ id: Identifier, snapshot: Identifier });
export type RehearsalBegun = Static<typeof RehearsalBegun>;

/** `POST /v1/snapshots/:id/verify`. */
export const SnapshotVerified = Type.Object({ sha256: Sha256, checkedBy: SnapshotCheck });
export type SnapshotVerified = Static<typeof SnapshotVerified>;

/** `POST /v1/clusters/:name/restore`. */
export const RestoreRequest = Type.Object(
  {
    snapshot: Identifier,
    /** Restore although a majority of the voters is not known to have lost its data. */
    force: Type.Optional(Type.Boolean()),
    /** The cluster's name; required with force if etcd is known to serve. */
    confirm: Type.Optional(Type.String({ maxLength: 64 })),
    /**
     * The last snapshot of the cluster that is given up, stored some minutes ago at most; required if its etcd may serve. null: it is given up without one, and what
     * was written since its newest snapshot is lost.
     */
    lastSnapshot: Type.Optional(orNull(Identifier)),
    /** The snapshot from which the cluster is being restored; required to give that restore up for this one. */
    insteadOf: Type.Optional(Identifier),
    dryRun: DryRun,
  },
  strict,
);
export type RestoreRequest = Static<typeof RestoreRequest>;
