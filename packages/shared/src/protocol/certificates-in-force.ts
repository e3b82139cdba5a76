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
  Type.Literal('admin'),
]);
export type PurposeInForce = Static<typeof PurposeInForce>;

/** Who renews the certificate before its end. */
export const RenewedBy = Type.Union([
  Type.Literal('agent'),
  Type.Literal('coordinator'),
  Type.Literal('operator'),
  Type.Literal('nobody'),
]);
export type RenewedBy = Static<typeof RenewedBy>;

/** `GET /v1/certificates/in-force`: a certificate that is in use now. */
export const CertificateInForce = Type.Object({
  purpose: PurposeInForce,
  /** null if the certificate does not belong to one cluster. */
  cluster: Type.Union([ClusterName, Type.Null()]),
  /** The member, client or operator that has it; for other certificates, what has it. */
  holder: Type.String(),
  serial: Type.String(),
  notBefore: Timestamp,
  notAfter: Timestamp,
  renewedBy: RenewedBy,
  /** When its renewal is due, for an identity at the latest; null if nobody renews it by a plan. */
  renewalDue: Type.Union([Timestamp, Type.Null()]),
  /** What an operator should do about it, before it is too late. */
  warning: Type.Union([Told, Type.Null()]),
});
export type CertificateInForce = Static<typeof CertificateInForce>;
