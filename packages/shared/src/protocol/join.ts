import { type Static, Type } from 'typebox';
import {
  ClientName,
  ClusterName,
  Identifier,
  IpAddress,
  Layout,
  MemberName,
  Pem,
  Ports,
  strict,
  Timestamp,
} from './words.ts';

/** `GET /v1/trust-bundle`: public; believed only as far as a pin or an older bundle vouches for it. */
export const TrustBundle = Type.Object({ controlCertificates: Pem });
export type TrustBundle = Static<typeof TrustBundle>;

const machineFields = {
  /** Every address on its interfaces. */
  addresses: Type.Array(IpAddress, { maxItems: 256 }),
  agentVersion: Type.String({ maxLength: 64 }),
  os: Type.String({ maxLength: 128 }),
  arch: Type.String({ maxLength: 32 }),
};

/** What a machine says of itself when it joins as a member, whose address must be among its own. */
export const NodeFacts = Type.Object(
  {
    /** The member this node means to be: `--name`, else the host name. */
    name: MemberName,
    ...machineFields,
    etcdVersion: Type.String({ maxLength: 64 }),
    layout: Layout,
  },
  strict,
);
export type NodeFacts = Static<typeof NodeFacts>;

/** What a machine says of itself when it joins as a client: it has no etcd. */
export const ClientFacts = Type.Object(
  {
    /** What this client is to be called: `--name`, else the host name. */
    name: ClientName,
    ...machineFields,
  },
  strict,
);
export type ClientFacts = Static<typeof ClientFacts>;

const credentials = {
  tokenId: Identifier,
  secret: Type.String({ pattern: '^[A-Za-z0-9_-]{22,86}$' }),
  csr: Pem,
};

/** `POST /v1/join`. The secret is in the body alone, and only on a connection that the pin has vouched for. */
export const JoinRequest = Type.Object(
  {
    ...credentials,
    node: NodeFacts,
    /** The node means to be the member that is declared there, whatever it calls itself. */
    address: Type.Optional(IpAddress),
  },
  strict,
);
export type JoinRequest = Static<typeof JoinRequest>;

/** `POST /v1/join/client`: as {@link JoinRequest}, for a node without a member. */
export const ClientJoinRequest = Type.Object({ ...credentials, node: ClientFacts }, strict);
export type ClientJoinRequest = Static<typeof ClientJoinRequest>;

/** A name in this cluster, and the addresses that it should lead to: one of them at least. */
export const NameToResolve = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 253 }),
  addresses: Type.Array(IpAddress, { minItems: 1 }),
  /** `peers`: members dial each other by it, so that a name which does not resolve cuts a member off. */
  usedBy: Type.Union([Type.Literal('peers'), Type.Literal('clients')]),
});
export type NameToResolve = Static<typeof NameToResolve>;

const answerFields = {
  nodeId: Identifier,
  cluster: ClusterName,
  /** The node's identity certificate. */
  certificate: Pem,
  controlCertificates: Pem,
  now: Timestamp,
};

export const JoinAnswer = Type.Object({
  ...answerFields,
  member: Type.Object({ name: MemberName, address: IpAddress, ports: Ports }),
  /** The names that this node should be able to resolve: its own first. */
  names: Type.Array(NameToResolve),
});
export type JoinAnswer = Static<typeof JoinAnswer>;

export const ClientJoinAnswer = Type.Object({
  ...answerFields,
  client: Type.Object({ name: ClientName }),
  names: Type.Array(NameToResolve),
});
export type ClientJoinAnswer = Static<typeof ClientJoinAnswer>;

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
