import type { Static, TProperties } from 'typebox';
import * as Type from 'typebox';
import { WantedCertificate } from './certificates.ts';
import { Epoch } from './epoch.ts';
import { MaintenanceOrder } from './maintenance.ts';
import {
  ClientName,
  ClusterName,
  EtcdId,
  EtcdMinor,
  Identifier,
  IpAddress,
  MemberName,
  mostPriorSeals,
  Pem,
  Ports,
  Seal,
} from './primitives.ts';
import { ProgramOrder } from './releases.ts';
import { RestoreOrder, SnapshotOrder } from './snapshots.ts';
import { oneOf, orNull } from './unions.ts';

/**
 * One change of etcd's membership, carried out by the agent of a healthy voter: the coordinator reaches no node.
 * Each kind is idempotent: what has already happened counts as done. It may be begun only within
 * `validForSeconds`, counted on the node's monotonic clock from when it *sent* the request that this came in
 * answer to, so that a node that slept cannot act on what the coordinator has since given to another.
 */
export const MembershipStep = Type.Union([
  step('add-learner', { member: MemberName, peerUrl: Type.String() }),
  step('promote', { member: MemberName, memberId: EtcdId }),
  step('remove-learner', { member: MemberName, memberId: EtcdId }),
  /** `force`: also one of two voters, since an operator has forced it (R3). */
  /** `differs`: its data does, so the alarm CORRUPT says nothing against the voters that stay. Left out otherwise. */
  step('remove-voter', {
    member: MemberName,
    memberId: EtcdId,
    force: Type.Boolean(),
    differs: Type.Optional(Type.Literal(true)),
  }),
]);
export type MembershipStep = Static<typeof MembershipStep>;

function step<Kind extends string, Fields extends TProperties>(kind: Kind, fields: Fields) {
  return Type.Object({ id: Identifier, kind: Type.Literal(kind), ...fields, validForSeconds: Type.Integer() });
}

/** Leave to do one disruptive act (R2). To be begun within `validForSeconds`, counted as for a membership step. */
export const Permit = Type.Union([
  Type.Object({
    id: Identifier,
    act: Type.Literal('restart'),
    /** An operator has asked for it: etcd restarts also if nothing needs that. Left out otherwise. */
    asked: Type.Optional(Type.Literal(true)),
    validForSeconds: Type.Integer(),
  }),
  /**
   * The machine is worked on: the agent checks that the cluster can do without this member, and hands the leadership
   * over. `stop`: it then stops etcd. etcd starts again when this permit is gone, after `forSeconds` at the latest, and
   * after a boot.
   */
  Type.Object({
    id: Identifier,
    act: Type.Literal('hold'),
    stop: Type.Boolean(),
    forSeconds: Type.Integer(),
    validForSeconds: Type.Integer(),
  }),
]);
export type Permit = Static<typeof Permit>;

export const EtcdWanted = Type.Object({
  /** Names this incarnation of the member: the data dir is `dataRoot/incarnation` (R4). */
  incarnation: Identifier,
  initialClusterState: oneOf('new', 'existing'),
  /** conf.yml, whole. */
  conf: Type.String({ maxLength: 64 * 1024 }),
  /**
   * The minor version of etcd that the cluster runs, such as `3.5`: a new incarnation begins with no other (R17). Left out until a
   * cluster is recorded.
   */
  minor: Type.Optional(EtcdMinor),
  /**
   * An operator has ordered that an incarnation which runs this minor version goes to `minor` (R17). Left out otherwise.
   */
  from: Type.Optional(EtcdMinor),
  /** Of a founder alone: its data dir is made from this snapshot, once. Left out where it begins empty. */
  restore: Type.Optional(RestoreOrder),
});
export type EtcdWanted = Static<typeof EtcdWanted>;

const stateFields = {
  inventory: Identifier,
  epoch: Type.Optional(Epoch),
  generation: Type.Integer({ minimum: 1 }),
  /** The node reports it with the generation. */
  seal: Seal,
  /**
   * The seals of the generations just before this one, oldest first and without a gap. A node that follows one of these
   * generations under another seal must refuse this one: the coordinator's store was put back (R5).
   */
  priorSeals: Type.Array(Seal, { maxItems: mostPriorSeals }),
  nodeId: Identifier,
  cluster: ClusterName,
};

/**
 * All that the node of a member should have. Every act that could lose data is named here: an agent stops an etcd only
 * for an incarnation that `retired` lists, and never because something is missing.
 */
export const MemberState = Type.Object({
  ...stateFields,
  member: Type.Object({ name: MemberName, address: IpAddress, ports: Ports }),
  /** PEM bundles: the control CA, the cluster's client CA (`ca.pem`) and peer CA (`peer-ca.pem`). */
  trust: Type.Object({ control: Pem, client: Pem, peer: Pem }),
  certificates: Type.Array(WantedCertificate),
  /**
   * The release that it runs, also before it is this member's turn: so it can be fetched before. Left out where it runs the etcd
   * of its system's package.
   */
  program: Type.Optional(ProgramOrder),
  /** null until this member's turn: certificates and bundles are fetched, etcd is not started. */
  etcd: orNull(EtcdWanted),
  retired: Type.Array(Identifier),
  /** The client URLs of the members that exist, for etcdctl's environment. */
  endpoints: Type.Array(Type.String()),
  membershipStep: orNull(MembershipStep),
  permit: orNull(Permit),
  /** Left out where none is asked for. */
  snapshot: Type.Optional(SnapshotOrder),
  /** Likewise. */
  maintenance: Type.Optional(MaintenanceOrder),
  /** A change of etcd's members is under way: the list is looked at every second. */
  watchMembers: Type.Optional(Type.Literal(true)),
  /** An upgrade needs raft snapshots: `raftSnapshotIndex` and `clusterVersion` are reported. */
  watchRaftSnapshots: Type.Optional(Type.Literal(true)),
  /** An upgrade ends with the package: `packageVersion` is reported. */
  watchPackage: Type.Optional(Type.Literal(true)),
  /**
   * etcd has removed this member by an operator's order, or its cluster is deleted: the node stops etcd, puts the data of
   * its incarnations away, and removes what Picket wrote for etcd. Once the coordinator has evicted it, it is free to join again.
   */
  letGo: Type.Optional(Type.Literal(true)),
});
export type MemberState = Static<typeof MemberState>;

/** All that a client node should have: what a client of the cluster needs, and nothing that etcd itself does. */
export const ClientState = Type.Object({
  ...stateFields,
  client: Type.Object({ name: ClientName }),
  /** PEM bundles: the control CA, and the cluster's client CA (`ca.pem`). */
  trust: Type.Object({ control: Pem, client: Pem }),
  certificates: Type.Array(WantedCertificate),
  endpoints: Type.Array(Type.String()),
});
export type ClientState = Static<typeof ClientState>;

/**
 * `GET /v1/node/desired-state`: all that one node should have. `generation` only ever rises (R5); `inventory` names the
 * coordinator's store that counts it, and `epoch` numbers its restores from a backup.
 */
export const DesiredState = Type.Union([MemberState, ClientState]);
export type DesiredState = Static<typeof DesiredState>;

export function isMemberState(state: DesiredState): state is MemberState {
  return 'member' in state;
}
