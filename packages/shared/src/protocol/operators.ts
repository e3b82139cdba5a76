import { type Static, Type } from 'typebox';
import { Told } from './told.ts';
import { ClientName, ClusterName, Identifier, IpAddress, MemberName, Sentence, strict, Timestamp } from './words.ts';

export const Role = Type.Union([Type.Literal('admin'), Type.Literal('operator'), Type.Literal('viewer')]);
export type Role = Static<typeof Role>;

/** `POST /v1/tokens`. */
export const TokenCreate = Type.Object(
  {
    cluster: ClusterName,
    /** Only this member may be joined with it. */
    member: Type.Optional(MemberName),
    /** It makes client nodes instead of members; only one of this name, if there is one. Not together with `member`. */
    client: Type.Optional(Type.Object({ name: Type.Optional(ClientName) }, strict)),
    uses: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
    ttlSeconds: Type.Optional(Type.Integer({ minimum: 60, maximum: 30 * 24 * 3600 })),
  },
  strict,
);
export type TokenCreate = Static<typeof TokenCreate>;

const tokenFields = {
  id: Identifier,
  cluster: ClusterName,
  member: Type.Union([MemberName, Type.Null()]),
  /** null of a token for members. */
  client: Type.Union([Type.Object({ name: Type.Union([ClientName, Type.Null()]) }), Type.Null()]),
  usesAllowed: Type.Integer(),
  usesSpent: Type.Integer(),
  expiresAt: Timestamp,
  createdAt: Timestamp,
  createdBy: Type.String(),
};
export const TokenView = Type.Object(tokenFields);
export type TokenView = Static<typeof TokenView>;

/** The one time that the join string is shown; only a hash of its secret is kept. */
export const TokenCreated = Type.Object({
  ...tokenFields,
  joinString: Type.String(),
  /** What keeps nodes from joining with it as things are. */
  warnings: Type.Array(Told),
});
export type TokenCreated = Static<typeof TokenCreated>;

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
  identityFrozen: Type.Union([Sentence, Type.Null()]),
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

export const CertificateView = Type.Object({
  serial: Type.String(),
  purpose: Type.String(),
  cluster: Type.Union([ClusterName, Type.Null()]),
  principal: Type.String(),
  commonName: Type.String(),
  notBefore: Timestamp,
  notAfter: Timestamp,
  issuedAt: Timestamp,
  revokedAt: Type.Union([Timestamp, Type.Null()]),
});
export type CertificateView = Static<typeof CertificateView>;

export const EventView = Type.Object({
  id: Type.Integer(),
  at: Timestamp,
  cluster: Type.Union([ClusterName, Type.Null()]),
  kind: Type.String(),
  /** What it tells beside its kind; the words of both are the message. */
  facts: Type.Object({}, { additionalProperties: true }),
  message: Sentence,
});
export type EventView = Static<typeof EventView>;

/** Lists are paged: `?limit=&after=`, answered with `next` to pass as `after`, null at the end. */
export const PageQuery = Type.Object(
  {
    limit: Type.Optional(Type.String({ pattern: '^[0-9]{1,4}$' })),
    after: Type.Optional(Type.String({ maxLength: 200 })),
    cluster: Type.Optional(ClusterName),
  },
  strict,
);
export type PageQuery = Static<typeof PageQuery>;

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next: string | null;
}
