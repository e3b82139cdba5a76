import type { Static } from 'typebox';
import * as Type from 'typebox';
import { ClientName, ClusterName, Identifier, MemberName, strict, Timestamp } from './primitives.ts';
import { ReleaseVersion } from './releases.ts';
import { Rendered } from './rendered.ts';
import { orNull } from './unions.ts';

/** `POST /v1/tokens`. */
export const TokenCreate = Type.Object(
  {
    cluster: ClusterName,
    /** Only this member may join with it. */
    member: Type.Optional(MemberName),
    /** For client nodes instead of members; with a name, only for the client of this name. Not together with `member`. */
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
  member: orNull(MemberName),
  /** null for a token for members. */
  client: orNull(Type.Object({ name: orNull(ClientName) })),
  usesAllowed: Type.Integer(),
  usesSpent: Type.Integer(),
  expiresAt: Timestamp,
  createdAt: Timestamp,
  createdBy: Type.String(),
  /** Whether a restore of the coordinator from a backup has ended it. All its uses then count as spent. */
  isVoid: Type.Boolean(),
};
export const TokenView = Type.Object(tokenFields);
export type TokenView = Static<typeof TokenView>;

/** The only answer with the join string: the coordinator keeps only a hash of its secret. */
export const TokenCreated = Type.Object({
  ...tokenFields,
  joinString: Type.String(),
  /** The release of etcd that the members run: their machines need no package. Left out for the package, and for clients. */
  release: Type.Optional(ReleaseVersion),
  /** What prevents nodes from joining with it at present. */
  warnings: Type.Array(Rendered),
});
export type TokenCreated = Static<typeof TokenCreated>;
