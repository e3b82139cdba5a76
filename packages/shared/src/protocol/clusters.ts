import { type Static, Type } from 'typebox';
import { SnapshotPolicy } from './snapshots.ts';
import { Told } from './told.ts';
import { ToldStatus } from './told-status.ts';
import {
  ClientName,
  ClusterName,
  Domain,
  EtcdId,
  Identifier,
  IpAddress,
  KeyType,
  MemberName,
  Ports,
  strict,
  Timestamp,
} from './words.ts';

export const MemberSpec = Type.Object({ name: MemberName, address: IpAddress }, strict);
export type MemberSpec = Static<typeof MemberSpec>;

/** etcd's own settings that an operator may choose; all members have the same. */
export const Tuning = Type.Object(
  {
    heartbeatIntervalMs: Type.Integer({ minimum: 10, maximum: 10_000 }),
    electionTimeoutMs: Type.Integer({ minimum: 50, maximum: 50_000 }),
    quotaBackendBytes: Type.Integer({ minimum: 16 * 1024 * 1024, maximum: 8 * 1024 ** 3 }),
    snapshotCount: Type.Integer({ minimum: 100, maximum: 1_000_000 }),
    autoCompactionRetention: Type.String({ pattern: '^([1-9][0-9]{0,4}(h|m)|0)$' }),
  },
  strict,
);
export type Tuning = Static<typeof Tuning>;

const specFields = {
  domain: Domain,
  /** Shared names that resolve to all members; in every server certificate. */
  serviceNames: Type.Array(Domain, { maxItems: 20 }),
  /** Shared addresses, of a load balancer or VRRP; in every server certificate, never a member's own. */
  vips: Type.Array(IpAddress, { maxItems: 20 }),
  /** Whether peer and client URLs carry addresses or names. */
  advertise: Type.Union([Type.Literal('ip'), Type.Literal('name')]),
  keyType: KeyType,
  leafLifetimeHours: Type.Integer({ minimum: 1, maximum: 87_600 }),
  ports: Ports,
  /** Members on loopback addresses, all on one machine: for the demo and for tests. */
  allowLoopback: Type.Boolean(),
  /** Clusters of one or two members cannot keep serving through a restart; without this they are not restarted. */
  allowDowntime: Type.Boolean(),
};

/** What operators want of a cluster; `revision` rises with each change. */
export const ClusterSpec = Type.Object(
  {
    name: ClusterName,
    revision: Type.Integer({ minimum: 1 }),
    members: Type.Array(MemberSpec, { minItems: 1, maxItems: 50 }),
    tuning: Tuning,
    ...specFields,
    snapshots: SnapshotPolicy,
  },
  strict,
);
export type ClusterSpec = Static<typeof ClusterSpec>;

/** `POST /v1/clusters`: what is left out gets the default that `defaultSpec` documents. */
export const ClusterCreate = Type.Object(
  {
    name: ClusterName,
    members: Type.Array(MemberSpec, { minItems: 1, maxItems: 50 }),
    tuning: Type.Optional(Type.Partial(Tuning, strict)),
    snapshots: Type.Optional(Type.Partial(SnapshotPolicy, strict)),
    ...Type.Partial(Type.Object(specFields)).properties,
    domain: specFields.domain,
  },
  strict,
);
export type ClusterCreate = Static<typeof ClusterCreate>;

/**
 * `PATCH /v1/clusters/:name` with `If-Match: "REVISION"`. What is left out stays; what cannot be changed may be there as it
 * is, so that a whole declaration can be sent, and is refused with the reason where it differs.
 */
export const ClusterChange = Type.Object(
  {
    members: Type.Optional(Type.Array(MemberSpec, { minItems: 1, maxItems: 50 })),
    tuning: Type.Optional(Type.Partial(Tuning, strict)),
    ...Type.Partial(Type.Object(specFields)).properties,
    snapshots: Type.Optional(Type.Partial(SnapshotPolicy, strict)),
  },
  strict,
);
export type ClusterChange = Static<typeof ClusterChange>;

/** `POST /v1/clusters/:name/reset`; without a body, nothing of it is said. */
export const ResetRequest = Type.Object(
  {
    /** The cluster's name, for one that is known to serve. */
    confirm: Type.Optional(Type.String({ maxLength: 64 })),
  },
  strict,
);
export type ResetRequest = Static<typeof ResetRequest>;

/** `POST /v1/clusters/:name/members/:member/replace`. */
export const ReplaceRequest = Type.Object(
  {
    /** Also one of two voters, which leaves the other alone. */
    force: Type.Optional(Type.Boolean()),
  },
  strict,
);
export type ReplaceRequest = Static<typeof ReplaceRequest>;

export const ClusterView = Type.Object({
  spec: ClusterSpec,
  createdAt: Timestamp,
  clientAuthoritySpki: Type.String(),
  peerAuthoritySpki: Type.String(),
  warnings: Type.Array(Told),
});
export type ClusterView = Static<typeof ClusterView>;

export const MemberPhase = Type.Union([
  Type.Literal('declared'),
  Type.Literal('joined'),
  Type.Literal('founding'),
  Type.Literal('adding'),
  Type.Literal('learner'),
  Type.Literal('voter'),
]);
export type MemberPhase = Static<typeof MemberPhase>;

/** `GET /v1/node/member`: what the coordinator says of the member that asks, for whoever waits beside it. */
export const OwnMember = Type.Object({
  phase: MemberPhase,
  /** A voter that serves. */
  healthy: Type.Boolean(),
  /** Why it stays a learner for now, all being well with it; null otherwise. */
  rests: Type.Union([Told, Type.Null()]),
  /** Of the whole cluster. */
  waitsFor: Type.Array(Told),
});
export type OwnMember = Static<typeof OwnMember>;

export const MemberView = Type.Object({
  name: MemberName,
  address: IpAddress,
  clientUrl: Type.String(),
  nodeId: Type.Union([Identifier, Type.Null()]),
  phase: MemberPhase,
  memberId: Type.Union([EtcdId, Type.Null()]),
  incarnation: Type.Union([Identifier, Type.Null()]),
  generation: Type.Integer(),
  reportedAt: Type.Union([Timestamp, Type.Null()]),
  status: Type.Union([ToldStatus, Type.Null()]),
});
export type MemberView = Static<typeof MemberView>;

/** A machine that is no member, and whose agent keeps a client certificate fresh. */
export const ClientView = Type.Object({
  name: ClientName,
  nodeId: Identifier,
  generation: Type.Integer(),
  reportedAt: Type.Union([Timestamp, Type.Null()]),
  status: Type.Union([ToldStatus, Type.Null()]),
});
export type ClientView = Static<typeof ClientView>;

/** How far the newest settings have come. */
export const RolloutView = Type.Object({
  /** The revision that brought them. */
  revision: Type.Integer(),
  /** `stopped`: a member could not run with them. */
  state: Type.Union([Type.Literal('rolling'), Type.Literal('paused'), Type.Literal('stopped')]),
  reason: Type.Union([Told, Type.Null()]),
  /** Of each member, the revision of the settings that it has, and whether it is to show that it can run with it. */
  members: Type.Array(Type.Object({ name: MemberName, revision: Type.Integer(), onTrial: Type.Boolean() })),
});
export type RolloutView = Static<typeof RolloutView>;

/** `GET /v1/clusters/:name/status`. */
export const ClusterStatusView = Type.Object({
  name: ClusterName,
  revision: Type.Integer(),
  clusterId: Type.Union([EtcdId, Type.Null()]),
  /** `healthy`: every declared member is a voter, fresh and healthy, and etcd has raised no alarm. */
  state: Type.Union([
    Type.Literal('forming'),
    Type.Literal('healthy'),
    Type.Literal('degraded'),
    Type.Literal('frozen'),
  ]),
  waitsFor: Type.Array(Told),
  /** Things that an operator should know of and nothing waits for. */
  notices: Type.Array(Told),
  /** null while all members have the settings that are wanted. */
  rollout: Type.Union([RolloutView, Type.Null()]),
  members: Type.Array(MemberView),
  clients: Type.Array(ClientView),
  now: Timestamp,
});
export type ClusterStatusView = Static<typeof ClusterStatusView>;
