import type { Static } from 'typebox';
import * as Type from 'typebox';
import { Identifier, OperatorName, Pem, strict, Timestamp } from './primitives.ts';
import { Role } from './roles.ts';
import { orNull } from './unions.ts';

const day = 24 * 3600;
const TtlSeconds = Type.Optional(Type.Integer({ minimum: 60, maximum: 30 * day }));

/** `POST /v1/operators`. */
export const OperatorCreate = Type.Object({ name: OperatorName, role: Role, ttlSeconds: TtlSeconds }, strict);
export type OperatorCreate = Static<typeof OperatorCreate>;

/** `PATCH /v1/operators/:name`. */
export const OperatorChange = Type.Object({ role: Role }, strict);
export type OperatorChange = Static<typeof OperatorChange>;

/** `POST /v1/operators/:name/login`. No body means an empty one. */
export const LoginCreate = Type.Object({ ttlSeconds: TtlSeconds }, strict);
export type LoginCreate = Static<typeof LoginCreate>;

const operatorFields = {
  name: OperatorName,
  role: Role,
  createdAt: Timestamp,
  /** The end of the certificate that is valid longest; null if there is none. */
  certificateExpiresAt: orNull(Timestamp),
  /** When the login string that can still be used expires; null if there is none. */
  loginExpiresAt: orNull(Timestamp),
};
export const OperatorView = Type.Object(operatorFields);
export type OperatorView = Static<typeof OperatorView>;

/** The only answer with the login string: the coordinator keeps only a hash of its secret. */
export const LoginCreated = Type.Object({
  ...operatorFields,
  loginString: Type.String(),
  /** Where `picket login` can reach this coordinator. */
  url: Type.String(),
});
export type LoginCreated = Static<typeof LoginCreated>;

/** `POST /v1/login`. The CSR contributes a public key and proof of possession, nothing else (R7). */
export const LoginRequest = Type.Object(
  { tokenId: Identifier, secret: Type.String({ minLength: 22, maxLength: 86 }), csr: Pem },
  strict,
);
export type LoginRequest = Static<typeof LoginRequest>;

export const LoginAnswer = Type.Object({
  operator: OperatorName,
  role: Role,
  certificate: Pem,
  /** All authorities that may vouch for the coordinator, as PEM. */
  controlCertificates: Pem,
});
export type LoginAnswer = Static<typeof LoginAnswer>;
