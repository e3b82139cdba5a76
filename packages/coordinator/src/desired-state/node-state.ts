import { failure, PicketError } from '@picket/shared/errors.ts';
import { clientName, peerSans, serverName, serverSans } from '@picket/shared/etcd-config/certificate-names.ts';
import { memberConfig } from '@picket/shared/etcd-config/member-config.ts';
import { render } from '@picket/shared/etcd-config/render.ts';
import { validate } from '@picket/shared/etcd-config/validate.ts';
import { picketUser } from '@picket/shared/etcd-users/picket-user.ts';
import type { WantedCertificate } from '@picket/shared/protocol/certificates.ts';
import type { ClusterSpec, MemberSpec } from '@picket/shared/protocol/clusters.ts';
import type { DesiredState, EtcdWanted, MemberState } from '@picket/shared/protocol/desired-state.ts';
import type { Layout } from '@picket/shared/protocol/primitives.ts';
import type { ProgramOrder, ToolOrder } from '@picket/shared/protocol/releases.ts';
import { mostFormerVoters, type RestoreOrder } from '@picket/shared/protocol/snapshots.ts';
import { ordersTo } from '../controller/orders.ts';
import { configurationOf, tuningIn, withConfiguration } from '../model/configuration-of.ts';
import { isDeclared, memberNames } from '../model/member-names.ts';
import type { ClusterProgress } from '../model/progress.ts';
import type { RestoreSource } from '../model/restore-source.ts';
import { minorBeside, minorIn } from '../model/upgrade-stage.ts';
import { peerUrlOf, peerUrlsOf, placeOf, voterUrls } from '../model/urls.ts';

/** The bundles that a node trusts, as PEM. */
export interface TrustBundles {
  readonly control: string;
  readonly client: string;
  readonly peer: string;
}

export interface NodePlace {
  readonly nodeId: string;
  readonly member: MemberSpec;
  readonly layout: Layout;
  readonly stored?: Stored;
}

/** What the release store has for a node. */
export interface Stored {
  /** What it restores with. */
  readonly tool: ToolOrder | null;
  /** The programs of the release of this version; null if the store has none for this node. */
  readonly programsOf: (version: string) => ProgramOrder['programs'];
}

export const nothingStored: Stored = { tool: null, programsOf: () => null };

/** What a node should have, before the inventory numbers it. */
export type Unnumbered<State extends DesiredState = DesiredState> = State extends DesiredState
  ? Omit<State, 'inventory' | 'epoch' | 'generation' | 'seal' | 'priorSeals'>
  : never;

const sixtyDays = 60 * 24 * 3600;

/**
 * Everything that the node of one member should have. Pure: the same spec and progress, the same state to the byte.
 * Throws `etcd_config_invalid` if the spec makes a conf.yml that etcd would refuse.
 */
export function nodeState(
  spec: ClusterSpec,
  progress: ClusterProgress,
  node: NodePlace,
  trust: TrustBundles,
): Unnumbered<MemberState> {
  const { member } = node;
  const letGo = isLetGo(spec, progress, member.name);
  const { metricsPort, etcd: release } = configurationOf(spec, progress, member.name);
  const { programsOf } = node.stored ?? nothingStored;
  return {
    nodeId: node.nodeId,
    cluster: spec.name,
    member: { name: member.name, address: member.address, ports: { ...spec.ports, metrics: metricsPort } },
    trust,
    certificates: letGo ? [] : wantedCertificates(spec, member),
    ...(letGo || release === undefined
      ? {}
      : { program: { version: release.version, programs: programsOf(release.version) } }),
    etcd: etcdWanted(spec, progress, node),
    retired: [],
    endpoints: voterUrls(spec, progress),
    membershipStep: null,
    permit: null,
    ...ordersTo(progress, member.name),
    ...(letGo ? { letGo } : {}),
  };
}

/** Operators have taken it out of the spec, and etcd has no such member any more; or its cluster is deleted. */
export function isLetGo(spec: ClusterSpec, { members, deletion }: ClusterProgress, name: string): boolean {
  if (members[name] !== undefined) return false;
  return !isDeclared(spec, name) || deletion?.ended != null;
}

/** Names, usages and lifetime come from the spec alone (R7). A CSR for one of them is answered with the same. */
export function wantedCertificates(spec: ClusterSpec, member: MemberSpec): WantedCertificate[] {
  const { fqdn } = placeOf(spec, member);
  const names = { name: member.name, address: member.address, fqdn };
  const shared = { keyType: spec.keyType, renewAfterSeconds: renewAfterSeconds(spec) };
  const { serviceNames, vips } = spec;
  return [
    {
      purpose: 'server',
      commonName: serverName(member.name),
      sans: serverSans({ ...names, serviceNames, virtualIps: vips }),
      ...shared,
    },
    { purpose: 'peer', commonName: member.name, sans: peerSans(names), ...shared },
    { purpose: 'client', commonName: clientName(member.name), sans: [], ...shared },
    { purpose: 'admin', commonName: picketUser, sans: [], ...shared },
  ];
}

/** One year is renewed after 60 days; a shorter lifetime after two thirds of it. */
export function renewAfterSeconds(spec: ClusterSpec): number {
  return Math.max(1, Math.min(sixtyDays, Math.floor((spec.leafLifetimeHours * 3600 * 2) / 3)));
}

/**
 * null until it is this member's turn. A founder starts as `new`. Once the cluster's ID is recorded, every member
 * is `existing`, permanently, with the members that etcd has (R1).
 */
function etcdWanted(
  spec: ClusterSpec,
  progress: ClusterProgress,
  { member, layout, stored = nothingStored }: NodePlace,
): EtcdWanted | null {
  const own = progress.members[member.name];
  if (own === undefined || own.phase === 'adding' || progress.formation === null) return null;
  // It would begin without its data, as the member that has voted and acknowledged with that data (R4).
  if (own.leaving?.machineGone === true) return null;
  const present = memberNames({ spec, progress }).flatMap((name) => {
    const phase = progress.members[name]?.phase;
    if (phase === undefined || phase === 'adding') return [];
    return peerUrlsOf(spec, progress, name).map((peerUrl) => ({ name, peerUrl }));
  });
  const { from, token, installed } = progress.formation;
  // A founder that is restored finds its cluster in its prepared data. If the data were missing, `new` would found an
  // empty cluster, and `existing` starts none (R1).
  const state = own.phase === 'founding' && from === undefined ? 'new' : 'existing';
  const { incarnation } = own;
  const configuration = configurationOf(spec, progress, member.name);
  const minor = minorIn(configuration, progress);
  const conf = confOf(
    { ...withConfiguration(spec, configuration), tuning: tuningIn(configuration) },
    { member, layout },
    { present, incarnation, state, token, etcdMinor: minor ?? installed ?? null },
  );
  const wanted: EtcdWanted = { incarnation, initialClusterState: state, conf, ...minorsOf(progress, minor) };
  if (own.phase !== 'founding' || from === undefined) return wanted;
  const { snapshot, sizeBytes, sha256 } = from;
  const { tool } = stored;
  return { ...wanted, restore: { snapshot, sizeBytes, sha256, former: formerVoters(from), ...(tool ? { tool } : {}) } };
}

/** Which minor version a member starts with, and while an upgrade is under way, which other one it may come from (R17). */
export function minorsOf(progress: ClusterProgress, minor: string | null): Pick<EtcdWanted, 'minor' | 'from'> {
  const { etcdMinor } = progress;
  if (etcdMinor === null || minor === null) return {};
  const beside = minorBeside(progress);
  if (beside === null) return { minor };
  return { minor, from: minor === beside ? etcdMinor : beside };
}

/**
 * Declared members come first: members that a lying voter lists beside them must not make the order too long to read.
 */
function formerVoters({ former = [] }: RestoreSource): RestoreOrder['former'] {
  const places = former.flatMap(({ name, clientUrls }) => clientUrls.map((clientUrl) => ({ name, clientUrl })));
  return places.slice(0, mostFormerVoters);
}

interface Incarnation {
  readonly etcdMinor: string | null;
  readonly present: readonly { readonly name: string; readonly peerUrl: string }[];
  readonly incarnation: string;
  readonly state: EtcdWanted['initialClusterState'];
  readonly token: string;
}

/** Throws `etcd_config_invalid`. */
function confOf(
  spec: ClusterSpec,
  { member, layout }: Pick<NodePlace, 'member' | 'layout'>,
  { present, incarnation, state, token, etcdMinor }: Incarnation,
): string {
  const config = memberConfig({
    ...placeOf(spec, member),
    name: member.name,
    members: present,
    dataDir: `${layout.dataRoot}/${incarnation}`,
    etcDir: layout.etcDir,
    logFile: layout.logFile,
    state,
    token,
    ports: spec.ports,
    tuning: { ...spec.tuning },
    metricsOnAddress: spec.etcdMetrics === 'address',
    etcdMinor,
  });
  validate(config);
  return render(config);
}

/** Throws `layout_invalid` for folders from which no conf.yml can be made. */
export function requireLayout(spec: ClusterSpec, member: MemberSpec, layout: Layout): void {
  try {
    confOf(
      spec,
      { member, layout },
      {
        present: [{ name: member.name, peerUrl: peerUrlOf(spec, member) }],
        incarnation: 'life0001',
        state: 'new',
        token: spec.name,
        etcdMinor: null,
      },
    );
  } catch (error) {
    const problem = error instanceof PicketError ? String(error.details.problems ?? error.message) : String(error);
    throw failure('layout_invalid', { member: member.name, problem });
  }
}
