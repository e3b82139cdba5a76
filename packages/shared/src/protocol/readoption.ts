import { type Static, Type } from 'typebox';
import { Told } from './told.ts';
import { ClusterName, EtcdId, Identifier, strict, Timestamp } from './words.ts';

const SpkiHash = Type.String({ pattern: '^[0-9a-f]{64}$' });

/** A key that was shown for this node since the coordinator was started: what says that it is the node is an operator. */
export const ShownKey = Type.Object({
  /** SHA-256 of its SubjectPublicKeyInfo. */
  key: SpkiHash,
  /** What the store has of it: `unknown` was certified by this coordinator's CA after the backup. */
  standing: Type.Union([Type.Literal('in-force'), Type.Literal('pending'), Type.Literal('unknown')]),
  certifiedAt: Timestamp,
  until: Timestamp,
  lastShownAt: Timestamp,
});
export type ShownKey = Static<typeof ShownKey>;

const Life = Type.Object({
  generation: Type.Integer(),
  incarnation: Type.Union([Identifier, Type.Null()]),
  clusterId: Type.Union([EtcdId, Type.Null()]),
  memberId: Type.Union([EtcdId, Type.Null()]),
});

/** `GET /v1/nodes/ID/readoption`: what a node shows and reports, beside what a restored store has of it. */
export const ReadoptionView = Type.Object({
  nodeId: Identifier,
  cluster: ClusterName,
  name: Type.String(),
  /** Since the restore no operator has taken it up again. */
  awaited: Type.Boolean(),
  backupAt: Type.Union([Timestamp, Type.Null()]),
  keys: Type.Array(ShownKey),
  stored: Life,
  /** By its last report; null where none has come, as of a node whose key is not known yet. */
  reported: Type.Union([Life, Type.Null()]),
  /** What its cluster waits for. */
  waitsFor: Type.Array(Told),
});
export type ReadoptionView = Static<typeof ReadoptionView>;

/** `POST /v1/nodes/ID/readoption`: the machine that holds this key is the node. */
export const Readopt = Type.Object({ key: SpkiHash }, strict);
export type Readopt = Static<typeof Readopt>;
