import type { Static } from 'typebox';
import * as Type from 'typebox';
import { ByClusterQuery } from './page.ts';
import { ClientName, ClusterName, DryRun, Identifier, IpAddress, MemberName, strict, Timestamp } from './primitives.ts';
import { Rendered } from './rendered.ts';
import { orNull } from './unions.ts';

export const NodeView = Type.Object({
  id: Identifier,
  cluster: ClusterName,
  /** Exactly one of these two is set. */
  member: orNull(MemberName),
  client: orNull(ClientName),
  /** The address of the member. The coordinator does not know the address of a client. */
  address: orNull(IpAddress),
  /** The earliest end of its certificates for etcd and etcd's clients, by its last report. */
  certificatesExpireAt: orNull(Timestamp),
  joinedAt: Timestamp,
  agentVersion: Type.String(),
  generation: Type.Integer(),
  reportedAt: orNull(Timestamp),
  /** When its identity ends, which its agent renews; null if it ended long ago. */
  identityExpiresAt: orNull(Timestamp),
  /** Why it gets no certificates (R15). */
  identityFrozen: orNull(Rendered),
  /** When it was evicted: since then the coordinator refuses each of its keys. */
  evictedAt: orNull(Timestamp),
});
export type NodeView = Static<typeof NodeView>;

/** `all=true`: those that were evicted too. */
export const NodesQuery = Type.Object(
  { ...ByClusterQuery.properties, all: Type.Optional(Type.Literal('true')) },
  strict,
);

/** `POST /v1/nodes/:id/evict`. No body means an empty one. */
export const EvictRequest = Type.Object(
  {
    /** The operator states that the machine or the disk of this node is lost. */
    lost: Type.Optional(Type.Boolean()),
    /** The operator states that somebody else controls the machine of this node. Not together with `lost`. */
    compromised: Type.Optional(Type.Boolean()),
    dryRun: DryRun,
  },
  strict,
);
export type EvictRequest = Static<typeof EvictRequest>;

const UntilOrNull = orNull(Timestamp);

/** Until when the certificates that a node has open its etcd, which Picket cannot revoke; null if it has none. */
export const EtcdAccess = Type.Object({
  server: UntilOrNull,
  peer: UntilOrNull,
  client: UntilOrNull,
  admin: UntilOrNull,
});
export type EtcdAccess = Static<typeof EtcdAccess>;

/** The answer if the node is compromised. */
export const EvictionView = Type.Object({
  etcdAccess: EtcdAccess,
  /** Why its member cannot leave etcd yet; null if it can, or if it has none. */
  waitsFor: orNull(Rendered),
});
export type EvictionView = Static<typeof EvictionView>;
