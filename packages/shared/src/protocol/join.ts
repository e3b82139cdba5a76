import { type Static, Type } from 'typebox';
import { ClusterName, Identifier, IpAddress, Layout, MemberName, Pem, Ports, strict, Timestamp } from './words.ts';

/** `GET /v1/trust-bundle`: public; believed only as far as a pin or an older bundle vouches for it. */
export const TrustBundle = Type.Object({ controlCertificates: Pem });
export type TrustBundle = Static<typeof TrustBundle>;

/** What a machine says of itself when it joins. */
export const NodeFacts = Type.Object(
  {
    /** The member this node means to be: `--name`, else the host name. */
    name: MemberName,
    /** Every address on its interfaces: the member's own must be among them. */
    addresses: Type.Array(IpAddress, { maxItems: 256 }),
    agentVersion: Type.String({ maxLength: 64 }),
    etcdVersion: Type.String({ maxLength: 64 }),
    os: Type.String({ maxLength: 128 }),
    arch: Type.String({ maxLength: 32 }),
    layout: Layout,
  },
  strict,
);
export type NodeFacts = Static<typeof NodeFacts>;

/** `POST /v1/join`. The secret is in the body alone, and only on a connection that the pin has vouched for. */
export const JoinRequest = Type.Object(
  {
    tokenId: Identifier,
    secret: Type.String({ pattern: '^[A-Za-z0-9_-]{22,86}$' }),
    csr: Pem,
    node: NodeFacts,
  },
  strict,
);
export type JoinRequest = Static<typeof JoinRequest>;

/** A name in this cluster, and the addresses that it should lead to: one of them at least. */
export const NameToResolve = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 253 }),
  addresses: Type.Array(IpAddress, { minItems: 1 }),
  /** `peers`: members dial each other by it, so that a name which does not resolve cuts a member off. */
  usedBy: Type.Union([Type.Literal('peers'), Type.Literal('clients')]),
});
export type NameToResolve = Static<typeof NameToResolve>;

export const JoinAnswer = Type.Object({
  nodeId: Identifier,
  cluster: ClusterName,
  member: Type.Object({ name: MemberName, address: IpAddress, ports: Ports }),
  /** The names that this node should be able to resolve: its own first. */
  names: Type.Array(NameToResolve),
  /** The node's identity certificate. */
  certificate: Pem,
  controlCertificates: Pem,
  now: Timestamp,
});
export type JoinAnswer = Static<typeof JoinAnswer>;

/**
 * `POST /v1/recover`, for a node whose certificate has ended: the key that it shows in the handshake must be known here,
 * and the CSR be for that key. Nothing else of the certificate that it shows is looked at (R15).
 */
export const RecoverRequest = Type.Object({ csr: Pem }, strict);
export type RecoverRequest = Static<typeof RecoverRequest>;

export const RecoverAnswer = Type.Object({
  /** The node's identity certificate. */
  certificate: Pem,
  now: Timestamp,
});
export type RecoverAnswer = Static<typeof RecoverAnswer>;
