import type { Static } from 'typebox';
import * as Type from 'typebox';
import { longestHold } from './longest-hold.ts';
import { EtcdAccess } from './nodes.ts';
import {
  ClientName,
  ClusterName,
  Domain,
  DryRun,
  EtcdId,
  Identifier,
  IpAddress,
  KeyType,
  MemberName,
  Ports,
  Sentence,
  strict,
  Timestamp,
} from './primitives.ts';
import { ReleaseVersion } from './releases.ts';
import { Rendered } from './rendered.ts';
import { RenderedStatus } from './report.ts';
import { RehearsalView, SnapshotPolicy } from './snapshots.ts';
import { oneOf, orNull } from './unions.ts';
import { UpgradeView } from './upgrades.ts';

export const MemberSpec = Type.Object({ name: MemberName, address: IpAddress }, strict);
export type MemberSpec = Static<typeof MemberSpec>;

/** etcd's own settings that an operator may choose. All members have the same. */
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

/** Where each etcd serves its metrics over plain HTTP: on loopback alone, or on the member's address as well. */
export const EtcdMetrics = oneOf('loopback', 'address');
export type EtcdMetrics = Static<typeof EtcdMetrics>;

/**
 * Where the members' etcd comes from: the package of each machine's system, or a release of the coordinator's store, which
 * the nodes fetch.
 */
export const EtcdSource = Type.Union([
  Type.Object({ source: Type.Literal('package') }, strict),
  Type.Object({ source: Type.Literal('release'), version: ReleaseVersion }, strict),
]);
export type EtcdSource = Static<typeof EtcdSource>;

/** The version of the release that the members of a cluster should run; null for the etcd of their system's package. */
export function releaseIn({ etcd }: { readonly etcd?: EtcdSource | undefined }): string | null {
  return etcd?.source === 'release' ? etcd.version : null;
}

const specFields = {
  domain: Domain,
  /** Shared names that resolve to all members. Every server certificate has them. */
  serviceNames: Type.Array(Domain, { maxItems: 20 }),
  /** Shared addresses of a load balancer or VRRP, never a member's own. Every server certificate has them. */
  vips: Type.Array(IpAddress, { maxItems: 20 }),
  /** Whether peer and client URLs contain addresses or names. */
  advertise: oneOf('ip', 'name'),
  keyType: KeyType,
  leafLifetimeHours: Type.Integer({ minimum: 1, maximum: 87_600 }),
  ports: Ports,
  /** Members on loopback addresses, all on one machine: for the demo and for tests. */
  allowLoopback: Type.Boolean(),
  /** Clusters of one or two members cannot serve during a restart. Without this, they are not restarted. */
  allowDowntime: Type.Boolean(),
};

/** What operators declared for a cluster. `revision` rises with each change. */
export const ClusterSpec = Type.Object(
  {
    name: ClusterName,
    revision: Type.Integer({ minimum: 1 }),
    members: Type.Array(MemberSpec, { minItems: 1, maxItems: 50 }),
    tuning: Tuning,
    ...specFields,
    /** Omitted: `loopback`. */
    etcdMetrics: Type.Optional(EtcdMetrics),
    /** Omitted: the package. */
    etcd: Type.Optional(EtcdSource),
    snapshots: SnapshotPolicy,
  },
  strict,
);
export type ClusterSpec = Static<typeof ClusterSpec>;

/** `POST /v1/clusters`. A field that is left out gets its default. */
export const ClusterCreate = Type.Object(
  {
    name: ClusterName,
    members: Type.Array(MemberSpec, { minItems: 1, maxItems: 50 }),
    tuning: Type.Optional(Type.Partial(Tuning, strict)),
    snapshots: Type.Optional(Type.Partial(SnapshotPolicy, strict)),
    ...Type.Partial(Type.Object(specFields)).properties,
    etcdMetrics: Type.Optional(EtcdMetrics),
    etcd: Type.Optional(EtcdSource),
    domain: specFields.domain,
  },
  strict,
);
export type ClusterCreate = Static<typeof ClusterCreate>;

/**
 * `PATCH /v1/clusters/:name` with `If-Match: "REVISION"`. A field that is left out stays unchanged. A setting that cannot
 * change may be present with its present value, so that a whole declaration can be sent. With another value it is refused.
 * With `dryRun`, the answer shows the spec and the plan that the change would make.
 */
export const ClusterChange = Type.Object(
  {
    dryRun: DryRun,
    members: Type.Optional(Type.Array(MemberSpec, { minItems: 1, maxItems: 50 })),
    tuning: Type.Optional(Type.Partial(Tuning, strict)),
    ...Type.Partial(Type.Object(specFields)).properties,
    etcdMetrics: Type.Optional(EtcdMetrics),
    etcd: Type.Optional(EtcdSource),
    snapshots: Type.Optional(Type.Partial(SnapshotPolicy, strict)),
  },
  strict,
);
export type ClusterChange = Static<typeof ClusterChange>;

/** `POST /v1/clusters/:name/reset`. No body means an empty one. */
export const ResetRequest = Type.Object(
  {
    /** The cluster's name; required if the cluster is known to serve. */
    confirm: Type.Optional(Type.String({ maxLength: 64 })),
    dryRun: DryRun,
  },
  strict,
);
export type ResetRequest = Static<typeof ResetRequest>;

/** `POST /v1/clusters/:name/delete`. No body means an empty one. */
export const DeleteRequest = Type.Object(
  {
    /** The cluster's name; required for a cluster that was founded. */
    confirm: Type.Optional(Type.String({ maxLength: 64 })),
    /** Take no last snapshot. */
    withoutSnapshot: Type.Optional(Type.Boolean()),
    /** Free the name although nodes that are not heard have not confirmed that their etcd is stopped. */
    force: Type.Optional(Type.Boolean()),
    dryRun: DryRun,
  },
  strict,
);
export type DeleteRequest = Static<typeof DeleteRequest>;

/** What the deletion of a cluster does, and how far it is. */
export const DeletionView = Type.Object({
  cluster: ClusterName,
  /** The name that what is kept of the cluster has once its own name is free. */
  filedAs: ClusterName,
  /** Its name is free. */
  done: Type.Boolean(),
  /** It was never founded: there is no etcd to stop. */
  atOnce: Type.Boolean(),
  takesSnapshot: Type.Boolean(),
  /** The last snapshot, if an earlier order has ended the cluster; null: none. */
  lastSnapshot: orNull(Identifier),
  /** The members whose nodes must confirm that their etcd is stopped. */
  members: Type.Array(
    Type.Object({
      name: MemberName,
      nodeId: Identifier,
      /** Its agent has reported recently. */
      isHeard: Type.Boolean(),
    }),
  ),
  clients: Type.Array(ClientName),
  /** Voters that etcd lists and that are no nodes: the coordinator cannot stop them. */
  strangers: Type.Array(Type.String()),
});
export type DeletionView = Static<typeof DeletionView>;

/** `POST /v1/clusters/:name/members/:member/replace`. */
export const ReplaceRequest = Type.Object(
  {
    /** Replace one of two voters too, so that only one voter remains. */
    force: Type.Optional(Type.Boolean()),
    dryRun: DryRun,
  },
  strict,
);
export type ReplaceRequest = Static<typeof ReplaceRequest>;

/** The changes of etcd's members that a spec asks for, in their order. */
export const MembershipPlan = Type.Object({
  /** The voters that etcd has now, and those that it has after the last step. */
  voters: Type.Integer(),
  votersAfter: Type.Integer(),
  steps: Type.Array(
    Type.Object({
      kind: oneOf('add-learner', 'promote', 'remove'),
      member: MemberName,
    }),
  ),
  /** Members that no machine has joined as. Their steps wait for that. */
  toJoin: Type.Array(MemberName),
});
export type MembershipPlan = Static<typeof MembershipPlan>;
/** `POST /v1/clusters/:name/members/:member/hold`, and `POST /v1/node/hold` for the member of the node that asks. */
export const HoldRequest = Type.Object(
  {
    /** For so long at most, from now: one minute to one day; 30 minutes if left out. If the member is held already, its hold ends then, and this may not be left out. */
    seconds: Type.Optional(Type.Integer({ minimum: 60, maximum: longestHold })),
    /** Why, for the status and the events. */
    reason: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
    /** Stop etcd. Otherwise it runs until the machine is rebooted. */
    stop: Type.Optional(Type.Boolean()),
  },
  strict,
);
export type HoldRequest = Static<typeof HoldRequest>;

export const ClusterView = Type.Object({
  spec: ClusterSpec,
  createdAt: Timestamp,
  clientAuthoritySpki: Type.String(),
  peerAuthoritySpki: Type.String(),
  warnings: Type.Array(Rendered),
});
export type ClusterView = Static<typeof ClusterView>;

/** The answer to a change. It has a plan while etcd's members are not those of the spec. */
export const ChangedClusterView = Type.Object({
  ...ClusterView.properties,
  plan: Type.Optional(MembershipPlan),
  /** Of each member that is to leave and has a node: until when its certificates open etcd. Left out if none leaves. */
  leaves: Type.Optional(Type.Array(Type.Object({ member: MemberName, etcdAccess: EtcdAccess }))),
});
export type ChangedClusterView = Static<typeof ChangedClusterView>;

export const MemberPhase = oneOf('declared', 'joined', 'founding', 'adding', 'learner', 'voter');
export type MemberPhase = Static<typeof MemberPhase>;

/** The hold of a member. */
export const HoldView = Type.Object({
  /** `begins`: its agent has not reported yet that it is ready. `ends`: released, its time is over, or it is back. */
  state: oneOf('begins', 'open', 'ends'),
  /** Who holds it. */
  by: Type.String(),
  /** Who last changed when it ends. Left out if nobody has. */
  changedBy: Type.Optional(Type.String()),
  reason: orNull(Type.String()),
  /** At the latest. */
  until: Timestamp,
  stop: Type.Boolean(),
  /** Why it ends. Left out until then. */
  over: Type.Optional(Rendered),
});
export type HoldView = Static<typeof HoldView>;

/** `GET /v1/node/member`: the state of the member that asks, for a command that waits on its machine. */
export const OwnMember = Type.Object({
  phase: MemberPhase,
  /** Whether it is a voter that serves. */
  healthy: Type.Boolean(),
  /** Why it stays a learner although nothing is wrong with it; null otherwise. */
  rests: orNull(Rendered),
  /** Left out if the member is not held. */
  hold: Type.Optional(HoldView),
  /** Operators have removed it from the declaration, or deleted the cluster. Left out otherwise. */
  leaving: Type.Optional(Type.Literal(true)),
  /** What the whole cluster waits for. */
  waitsFor: Type.Array(Rendered),
});
export type OwnMember = Static<typeof OwnMember>;

export const MemberView = Type.Object({
  name: MemberName,
  address: IpAddress,
  clientUrl: Type.String(),
  nodeId: orNull(Identifier),
  phase: MemberPhase,
  /** Operators have removed it from the declaration, and etcd still lists it. Left out otherwise. */
  leaving: Type.Optional(Type.Literal(true)),
  memberId: orNull(EtcdId),
  incarnation: orNull(Identifier),
  generation: Type.Integer(),
  reportedAt: orNull(Timestamp),
  /** null unless it is held for maintenance of its machine. */
  hold: orNull(HoldView),
  status: orNull(RenderedStatus),
});
export type MemberView = Static<typeof MemberView>;

/** A machine that is not a member. Its agent renews a client certificate. */
export const ClientView = Type.Object({
  name: ClientName,
  nodeId: Identifier,
  generation: Type.Integer(),
  reportedAt: orNull(Timestamp),
  status: orNull(RenderedStatus),
});
export type ClientView = Static<typeof ClientView>;

/** The progress of the newest settings. */
export const RolloutView = Type.Object({
  /** The revision with these settings. */
  revision: Type.Integer(),
  /** Of two if the old timing and the new one could not be in one cluster; else the only one. */
  step: Type.Union([Type.Literal(1), Type.Literal(2)]),
  steps: Type.Union([Type.Literal(1), Type.Literal(2)]),
  /** `stopped`: a member did not serve with them, or something kept it from trying them. */
  state: oneOf('rolling', 'paused', 'stopped'),
  reason: orNull(Rendered),
  /** For each member, the revision of its settings, whether they are those of this step, and whether it is on trial. */
  members: Type.Array(
    Type.Object({ name: MemberName, revision: Type.Integer(), upToDate: Type.Boolean(), onTrial: Type.Boolean() }),
  ),
});
export type RolloutView = Static<typeof RolloutView>;

/** `GET /v1/clusters/:name/status`. */
/**
 * The state of a cluster, for what its clients notice first.
 *
 * - `forming`: not every declared member is a voter yet, or a voter leaves; every voter serves.
 * - `healthy`: the voters are the declared members, each serves by fresh reports, and etcd has raised no alarm.
 * - `at-risk`: etcd takes writes, and a voter does not serve or refuses Picket.
 * - `read-only`: voters serve, and etcd takes no writes because of an alarm: NOSPACE or CORRUPT.
 * - `no-quorum`: too few voters serve, so etcd takes no writes.
 * - `deleting`: an operator has ordered to delete it.
 * - `deleted`: it is deleted, and its name is free. This is what is kept of it.
 * - `frozen`: Picket takes no step in this cluster until an operator acts. It stops no etcd.
 * - `unknown`: too few nodes report, so nobody can tell.
 */
export const ClusterState = oneOf(
  'forming',
  'healthy',
  'at-risk',
  'read-only',
  'no-quorum',
  'deleting',
  'deleted',
  'frozen',
  'unknown',
);
export type ClusterState = Static<typeof ClusterState>;

/** The one command to run next, with all its arguments. */
export const NextCommand = Type.Object({
  command: Sentence,
  /** The member on whose machine to run it, as root; null: where you run `picket`. */
  on: orNull(Type.Object({ member: MemberName, address: IpAddress })),
});
export type NextCommand = Static<typeof NextCommand>;

export const ClusterStatusView = Type.Object({
  cluster: ClusterName,
  revision: Type.Integer(),
  clusterId: orNull(EtcdId),
  state: ClusterState,
  /** What the state rests on. */
  headline: Rendered,
  /** null if nothing needs to be done, or only a machine needs to be switched on. */
  next: orNull(NextCommand),
  waitsFor: Type.Array(Rendered),
  /** What an operator should know although nothing waits for it. */
  notices: Type.Array(Rendered),
  /** null while all members have the settings of the spec. */
  rollout: orNull(RolloutView),
  /** An upgrade of etcd that is under way. Omitted without one. */
  upgrade: Type.Optional(UpgradeView),
  /** The newest snapshot of the present data that is stored. Omitted if there is none. */
  newestSnapshot: Type.Optional(Type.Object({ id: Identifier, takenAt: Timestamp })),
  /** The last rehearsal of a restore that worked. Omitted if none has. */
  rehearsed: Type.Optional(RehearsalView),
  members: Type.Array(MemberView),
  clients: Type.Array(ClientView),
  /** How often nodes report while nothing changes. */
  reportEverySeconds: Type.Integer(),
  now: Timestamp,
});
export type ClusterStatusView = Static<typeof ClusterStatusView>;
