import { type Static, Type } from 'typebox';
import { Told } from './told.ts';
import { ClusterName, Timestamp } from './words.ts';

export const PurposeInForce = Type.Union([
  Type.Literal('control-ca'),
  Type.Literal('client-ca'),
  Type.Literal('peer-ca'),
  Type.Literal('coordinator'),
  Type.Literal('operator'),
  Type.Literal('identity'),
  Type.Literal('server'),
  Type.Literal('peer'),
  Type.Literal('client'),
]);
export type PurposeInForce = Static<typeof PurposeInForce>;

/** Who sees to it that there is another before its end. */
export const RenewedBy = Type.Union([
  Type.Literal('agent'),
  Type.Literal('coordinator'),
  Type.Literal('operator'),
  Type.Literal('nobody'),
]);
export type RenewedBy = Static<typeof RenewedBy>;

/** `GET /v1/certificates/in-force`: a certificate that somebody is known by now. */
export const CertificateInForce = Type.Object({
  purpose: PurposeInForce,
  /** null of those that are of no one cluster. */
  cluster: Type.Union([ClusterName, Type.Null()]),
  /** The member, client or operator that has it; of the others, what has. */
  holder: Type.String(),
  serial: Type.String(),
  notBefore: Timestamp,
  notAfter: Timestamp,
  renewedBy: RenewedBy,
  /** When its renewal falls due, of an identity at the latest; null where nobody has a plan to renew it. */
  renewalDue: Type.Union([Timestamp, Type.Null()]),
  /** What an operator should do about it, while that is not too late. */
  warning: Type.Union([Told, Type.Null()]),
});
export type CertificateInForce = Static<typeof CertificateInForce>;
