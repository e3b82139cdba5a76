import type { Static } from 'typebox';
import * as Type from 'typebox';
import { ClusterName, EtcdId, Identifier, strict, Timestamp } from './primitives.ts';
import { Rendered } from './rendered.ts';
import { oneOf, orNull } from './unions.ts';

const SpkiHash = Type.String({ pattern: '^[0-9a-f]{64}$' });

/** A key that was shown for this node since the coordinator started. Only an operator can say that it is the node's. */
export const ShownKey = Type.Object({
  /** SHA-256 of its SubjectPublicKeyInfo. */
  key: SpkiHash,
  /** What the store knows about it. `unknown`: this coordinator's CA certified it after the backup. */
  standing: oneOf('in-force', 'pending', 'unknown'),
  certifiedAt: Timestamp,
  notAfter: Timestamp,
  lastShownAt: Timestamp,
});
export type ShownKey = Static<typeof ShownKey>;

const Incarnation = Type.Object({
  generation: Type.Integer(),
  incarnation: orNull(Identifier),
  clusterId: orNull(EtcdId),
  memberId: orNull(EtcdId),
});

/** `GET /v1/nodes/ID/readoption`: what a node has shown and reported, beside the content of the restored store. */
export const ReadoptionView = Type.Object({
  nodeId: Identifier,
  cluster: ClusterName,
  name: Type.String(),
  /** Whether the node still waits for re-adoption after the restore. */
  awaited: Type.Boolean(),
  backupAt: orNull(Timestamp),
  keys: Type.Array(ShownKey),
  stored: Incarnation,
  /** By its last report; null if it has not reported, for example because its key is not known yet. */
  reported: orNull(Incarnation),
  /** What its cluster waits for. */
  waitsFor: Type.Array(Rendered),
});
export type ReadoptionView = Static<typeof ReadoptionView>;

/** `POST /v1/nodes/ID/readoption`: the operator states that the machine with this key is the node. */
export const Readopt = Type.Object({ key: SpkiHash }, strict);
export type Readopt = Static<typeof Readopt>;
