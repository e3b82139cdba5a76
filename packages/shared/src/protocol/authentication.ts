import type { Static } from 'typebox';
import * as Type from 'typebox';
import { Identifier, MemberName, strict, Timestamp } from './primitives.ts';
import { Rendered } from './rendered.ts';
import { orNull } from './unions.ts';

/** `POST /v1/clusters/:name/authentication`. */
export const AuthenticationRequest = Type.Object(
  {
    enabled: Type.Boolean(),
    /** Switch it on although nodes of the cluster have no etcd user with a role, and lose their access. */
    force: Type.Optional(Type.Boolean()),
  },
  strict,
);
export type AuthenticationRequest = Static<typeof AuthenticationRequest>;

/** The answer to that: the order that a member has now. */
export const AuthenticationAsked = Type.Object({ id: Identifier });
export type AuthenticationAsked = Static<typeof AuthenticationAsked>;

/** `GET /v1/clusters/:name/authentication`: etcd's authentication. */
export const AuthenticationState = Type.Object({
  /** By the reports of the voters; null while none of them shows it. */
  enabled: orNull(Type.Boolean()),
  /** The order to switch it that a member has now. */
  task: orNull(Type.Object({ id: Identifier, enable: Type.Boolean(), member: MemberName, since: Timestamp })),
  /** Why the last order failed, or why its outcome is unknown; null if it was carried out, and if there was none. */
  failure: Type.Union([
    Type.Object({
      id: Identifier,
      at: Timestamp,
      reason: Rendered,
      /** It is not known whether it was carried out. */
      unknown: Type.Optional(Type.Literal(true)),
    }),
    Type.Null(),
  ]),
});
export type AuthenticationState = Static<typeof AuthenticationState>;
