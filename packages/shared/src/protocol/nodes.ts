import { type Static, Type } from 'typebox';
import { Told } from './told.ts';
import { ClientName, ClusterName, Identifier, IpAddress, MemberName, strict, Timestamp } from './words.ts';

export const NodeView = Type.Object({
  id: Identifier,
  cluster: ClusterName,
  /** The one of them that it is. */
  member: Type.Union([MemberName, Type.Null()]),
  client: Type.Union([ClientName, Type.Null()]),
  /** The member's; a client's is not the coordinator's to know. */
  address: Type.Union([IpAddress, Type.Null()]),
  /** The first end among its certificates for etcd and its clients, by its last report. */
  certificatesEnd: Type.Union([Timestamp, Type.Null()]),
  joinedAt: Timestamp,
  agentVersion: Type.String(),
  generation: Type.Integer(),
  reportedAt: Type.Union([Timestamp, Type.Null()]),
  /** When its identity ends, which its agent renews; null for one that ended long ago. */
  identityEnds: Type.Union([Timestamp, Type.Null()]),
  /** Why it gets no certificates (R15). */
  identityFrozen: Type.Union([Told, Type.Null()]),
  /** Since when nothing that it shows lets it in. */
  evictedAt: Type.Union([Timestamp, Type.Null()]),
});
export type NodeView = Static<typeof NodeView>;

/** `POST /v1/nodes/:id/evict`; without a body, nothing of it is said. */
export const EvictRequest = Type.Object(
  {
    /** An operator's word that the machine or the disk of this node is lost. */
    lost: Type.Optional(Type.Boolean()),
  },
  strict,
);
export type EvictRequest = Static<typeof EvictRequest>;
