import type { Static } from 'typebox';
import * as Type from 'typebox';
import { ClusterName, KeyType, LeafPurpose, Pem, San, strict, Timestamp } from './primitives.ts';
import { orNull } from './unions.ts';

/** One certificate that a node should have. Names, usages and lifetime come only from the spec (R7). */
export const WantedCertificate = Type.Object({
  purpose: LeafPurpose,
  commonName: Type.String({ minLength: 1, maxLength: 64 }),
  sans: Type.Array(San),
  keyType: KeyType,
  /** In seconds from its notBefore: the node replaces a certificate that is older. */
  renewAfterSeconds: Type.Integer({ minimum: 1 }),
});
export type WantedCertificate = Static<typeof WantedCertificate>;

/** `POST /v1/node/certificates`. The CSR contributes a public key and proof of possession, nothing else. */
export const CertificateRequest = Type.Object(
  {
    /**
     * `identity` is the node's own certificate, by which the coordinator knows it. It has a new key each time (R15). `root` is that of
     * etcd's user root, for the order `admit-picket` alone.
     */
    purpose: Type.Union([LeafPurpose, Type.Literal('identity'), Type.Literal('root')]),
    csr: Pem,
  },
  strict,
);
export type CertificateRequest = Static<typeof CertificateRequest>;

/** The leaf first, then the certificates that a verifier with the CA needs (none, because CAs issue directly). */
export const CertificateAnswer = Type.Object({ certificate: Pem });
export type CertificateAnswer = Static<typeof CertificateAnswer>;

/** A recorded certificate; `GET /v1/certificates`. */
export const CertificateView = Type.Object({
  serial: Type.String(),
  purpose: Type.String(),
  cluster: orNull(ClusterName),
  principal: Type.String(),
  commonName: Type.String(),
  notBefore: Timestamp,
  notAfter: Timestamp,
  issuedAt: Timestamp,
  revokedAt: orNull(Timestamp),
});
export type CertificateView = Static<typeof CertificateView>;
