import type { Static } from 'typebox';
import * as Type from 'typebox';
import {
  ClientName,
  ClusterName,
  HostName,
  Identifier,
  IpAddress,
  Layout,
  MemberName,
  Pem,
  Ports,
  strict,
  Timestamp,
} from './primitives.ts';
import { ReleaseVersion } from './releases.ts';
import { oneOf, orNull } from './unions.ts';

/** `GET /v1/trust-bundle`. It is public, and trusted only if a pin or an older bundle confirms it. */
export const TrustBundle = Type.Object({ controlCertificates: Pem });
export type TrustBundle = Static<typeof TrustBundle>;

const machineFields = {
  /** Every address of its interfaces. */
  addresses: Type.Array(IpAddress, { maxItems: 256 }),
  agentVersion: Type.String({ maxLength: 64 }),
  os: Type.String({ maxLength: 128 }),
  arch: Type.String({ maxLength: 32 }),
};

/** What a machine reports when it joins as a member. The member's address must be one of its addresses. */
export const NodeFacts = Type.Object(
  {
    /** The member that it asks to be: `--name`, or the host name, alone or with the domain of the cluster. */
    name: HostName,
    ...machineFields,
    /** Of the installed etcd that a member would run here; null if there is none that its user can run. */
    etcdVersion: orNull(Type.String({ maxLength: 64 })),
    layout: Layout,
  },
  strict,
);
export type NodeFacts = Static<typeof NodeFacts>;

/** What a machine reports when it joins as a client, which has no etcd. */
export const ClientFacts = Type.Object(
  {
    /** The name of the client: `--name`, or the host name, alone or with the domain of the cluster. */
    name: HostName,
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

/** `POST /v1/join`. Only the body contains the secret, and only after the pin has confirmed the connection. */
export const JoinRequest = Type.Object(
  {
    ...credentials,
    node: NodeFacts,
    /** The node asks to be the member that is declared at this address, whatever its name is. */
    address: Type.Optional(IpAddress),
    /** The name is only the host name, which nobody has chosen: a token that is bound to a member decides. */
    hostNamed: Type.Optional(Type.Literal(true)),
  },
  strict,
);
export type JoinRequest = Static<typeof JoinRequest>;

/** `POST /v1/join/client`: like {@link JoinRequest}, for a node without a member. */
export const ClientJoinRequest = Type.Object({ ...credentials, node: ClientFacts }, strict);
export type ClientJoinRequest = Static<typeof ClientJoinRequest>;

/** A name of this cluster, and its addresses: it should resolve to at least one of them. */
export const NameToResolve = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 253 }),
  addresses: Type.Array(IpAddress, { minItems: 1 }),
  /** `peers`: members dial each other with it, so a name that does not resolve makes a member unreachable. */
  usedBy: oneOf('peers', 'clients'),
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
  /** The names that this node should be able to resolve, its own first. */
  names: Type.Array(NameToResolve),
  /** The release of etcd that the members run. Left out where they run that of their system's package. */
  release: Type.Optional(ReleaseVersion),
});
export type JoinAnswer = Static<typeof JoinAnswer>;

export const ClientJoinAnswer = Type.Object({
  ...answerFields,
  client: Type.Object({ name: ClientName }),
  names: Type.Array(NameToResolve),
});
export type ClientJoinAnswer = Static<typeof ClientJoinAnswer>;

/**
 * `POST /v1/recover`, for a node whose certificate has ended. The coordinator must know the key of the TLS handshake, and the
 * CSR must be for that key. Nothing else in the shown certificate counts (R15).
 */
export const RecoverRequest = Type.Object({ csr: Pem }, strict);
export type RecoverRequest = Static<typeof RecoverRequest>;

export const RecoverAnswer = Type.Object({
  /** The node's identity certificate. */
  certificate: Pem,
  now: Timestamp,
});
export type RecoverAnswer = Static<typeof RecoverAnswer>;
