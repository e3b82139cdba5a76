import type { Static } from 'typebox';
import * as Type from 'typebox';
import { ClusterName, Timestamp } from './primitives.ts';
import { Rendered } from './rendered.ts';
import { oneOf, orNull } from './unions.ts';

export const PurposeInForce = oneOf(
  'control-ca',
  'client-ca',
  'peer-ca',
  'coordinator',
  'operator',
  'identity',
  'server',
  'peer',
  'client',
  'admin',
);
export type PurposeInForce = Static<typeof PurposeInForce>;

/** Who renews the certificate before its end. */
export const RenewedBy = oneOf('agent', 'coordinator', 'operator', 'nobody');
export type RenewedBy = Static<typeof RenewedBy>;

/** `GET /v1/certificates/in-force`: a certificate that is in use now. */
export const CertificateInForce = Type.Object({
  purpose: PurposeInForce,
  /** null if the certificate does not belong to one cluster. */
  cluster: orNull(ClusterName),
  /** The member, client or operator that has it; for other certificates, what has it. */
  holder: Type.String(),
  serial: Type.String(),
  notBefore: Timestamp,
  notAfter: Timestamp,
  renewedBy: RenewedBy,
  /** When its renewal is due, for an identity at the latest; null if nobody renews it by a plan. */
  renewalDue: orNull(Timestamp),
  /** What an operator should do about it, before it is too late. */
  warning: orNull(Rendered),
});
export type CertificateInForce = Static<typeof CertificateInForce>;
