import { fixedSettings, insteadOfFixed } from '@picket/shared/config/fixed-settings.ts';
import { failure } from '@picket/shared/errors.ts';
import { defaultTuning } from '@picket/shared/etcd-config/default-tuning.ts';
import { defaultPorts } from '@picket/shared/etcd-config/member-config.ts';
import { addressProblem, canonicalAddress, validDomain } from '@picket/shared/names.ts';
import {
  type ClusterChange,
  type ClusterCreate,
  type ClusterSpec,
  type EtcdMetrics,
  type EtcdSource,
  releaseIn,
} from '@picket/shared/protocol/clusters.ts';
import { defaultSnapshotPolicy } from '@picket/shared/protocol/snapshots.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';

/** A year: renewed after 60 days, so the coordinator may be unreachable for most of it (R10). */
const defaultLeafLifetimeHours = 365 * 24;

/**
 * The first revision of a spec, with its defaults filled in and addresses in canonical form. Throws `invalid_request`
 * with the first value that etcd or TLS would reject.
 */
export function makeSpec(wanted: ClusterCreate): ClusterSpec {
  const { heartbeatIntervalMs, electionTimeoutMs, quotaBackendBytes, snapshotCount, autoCompactionRetention } =
    defaultTuning;
  const allowLoopback = wanted.allowLoopback ?? false;
  const spec: ClusterSpec = {
    name: wanted.name,
    revision: 1,
    members: wanted.members.map(({ name, address }) => ({
      name,
      address: checkedAddress(address, `the address of ${name}`, allowLoopback),
    })),
    domain: wanted.domain,
    serviceNames: [...new Set(wanted.serviceNames ?? [])],
    vips: (wanted.vips ?? []).map((vip) => checkedAddress(vip, 'a VIP', allowLoopback)),
    advertise: wanted.advertise ?? 'ip',
    keyType: wanted.keyType ?? 'p256',
    leafLifetimeHours: wanted.leafLifetimeHours ?? defaultLeafLifetimeHours,
    ports: wanted.ports ?? defaultPorts,
    allowLoopback,
    allowDowntime: wanted.allowDowntime ?? false,
    ...etcdMetricsOf(wanted.etcdMetrics),
    ...etcdOf(wanted.etcd),
    tuning: {
      heartbeatIntervalMs,
      electionTimeoutMs,
      quotaBackendBytes,
      snapshotCount,
      autoCompactionRetention,
      ...wanted.tuning,
    },
    snapshots: { ...defaultSnapshotPolicy, ...wanted.snapshots },
  };
  checkSpec(spec);
  return spec;
}

/** How far a cluster has begun, which decides what may change of its members. */
export interface Begun {
  /** A founder is chosen, or the cluster will begin from a snapshot. */
  readonly founded: boolean;
  /** Members may be added: the founder has served, or the progress is still that of a backup. */
  readonly mayGrow: boolean;
  /** Members may be removed: the founder has served, and the progress is not that of a backup. */
  readonly mayShrink: boolean;
  /** The snapshot from which the cluster is being restored; null if it is not. */
  readonly restoring: string | null;
  /** Members that were removed, and that are not gone yet, with their addresses. */
  readonly departing: Readonly<Record<string, { readonly address: string }>>;
  /** Members with an incarnation. */
  readonly living: readonly string[];
  /** Of all existing nodes, client nodes too. */
  readonly joined: readonly string[];
}

const settled: Begun = {
  ...{ founded: true, mayGrow: false, mayShrink: false, restoring: null },
  ...{ departing: {}, living: [], joined: [] },
};

/**
 * The spec with this change; the executor counts `revision`. The address of a member can change until a machine has
 * joined as it. Members can be added once the cluster has been founded. Throws `invalid_request`, `setting_fixed`.
 */
export function changedSpec(spec: ClusterSpec, change: ClusterChange, begun: Begun = settled): ClusterSpec {
  refuseFixed(spec, change);
  const { etcdMetrics, etcd, ...rest } = spec;
  const changed: ClusterSpec = {
    ...rest,
    members: changedMembers(spec, change.members, begun),
    serviceNames: [...new Set(change.serviceNames ?? spec.serviceNames)],
    vips: change.vips?.map((vip) => checkedAddress(vip, 'a VIP', spec.allowLoopback)) ?? spec.vips,
    leafLifetimeHours: change.leafLifetimeHours ?? spec.leafLifetimeHours,
    ports: change.ports ?? spec.ports,
    allowDowntime: change.allowDowntime ?? spec.allowDowntime,
    ...etcdMetricsOf(change.etcdMetrics ?? etcdMetrics),
    ...etcdOf(change.etcd ?? etcd),
    tuning: { ...spec.tuning, ...change.tuning },
    ...(change.snapshots === undefined ? {} : { snapshots: { ...spec.snapshots, ...change.snapshots } }),
  };
  checkSpec(changed);
  return changed;
}

/** The spec with everything that can change set as in `earlier`. */
export function revertedSpec(spec: ClusterSpec, earlier: ClusterSpec): ClusterSpec {
  const { serviceNames, vips, leafLifetimeHours, allowDowntime, tuning, snapshots } = earlier;
  const ports = { ...spec.ports, metrics: earlier.ports.metrics };
  const { etcdMetrics = 'loopback', etcd = packageOfSystem } = earlier;
  return changedSpec(spec, {
    ...{ serviceNames, vips, leafLifetimeHours, allowDowntime, tuning, ports, etcdMetrics, etcd, snapshots },
  });
}

/** The default is omitted, as in specs from before this setting: equal settings are equal specs. */
function etcdMetricsOf(wanted: EtcdMetrics | undefined): Pick<ClusterSpec, 'etcdMetrics'> {
  return wanted === 'address' ? { etcdMetrics: wanted } : {};
}

const packageOfSystem: EtcdSource = { source: 'package' };

function etcdOf(wanted: EtcdSource | undefined): Pick<ClusterSpec, 'etcd'> {
  const version = releaseIn({ etcd: wanted });
  return version === null ? {} : { etcd: { source: 'release', version } };
}

interface FixedChange {
  readonly setting: string;
  readonly is: unknown;
  readonly wanted: unknown;
  readonly reason: string;
  /** The member that a machine has joined as, if the change is refused for that. */
  readonly joined?: string | undefined;
}

function fixed({ name }: ClusterSpec, { setting, is, wanted, reason, joined }: FixedChange): never {
  const remedy = insteadOfFixed(name, setting, joined);
  throw failure('setting_fixed', { cluster: name, setting, is: String(is), wanted: String(wanted), reason, remedy });
}

/** Throws `setting_fixed`. */
function refuseFixed(spec: ClusterSpec, change: ClusterChange): void {
  for (const setting of ['domain', 'advertise', 'keyType', 'allowLoopback'] as const) {
    const wanted = change[setting];
    if (wanted !== undefined && wanted !== spec[setting])
      fixed(spec, { setting, is: spec[setting], wanted, reason: fixedSettings[setting] });
  }
  for (const port of ['client', 'peer'] as const) {
    const wanted = change.ports?.[port] ?? spec.ports[port];
    if (wanted !== spec.ports[port])
      fixed(spec, { setting: `ports.${port}`, is: spec.ports[port], wanted, reason: fixedSettings[`${port}Port`] });
  }
}

/** Throws `setting_fixed`, `invalid_request`. */
function changedMembers(
  spec: ClusterSpec,
  wanted: ClusterSpec['members'] | undefined,
  { founded, mayGrow, mayShrink, restoring, departing, living, joined }: Begun,
): ClusterSpec['members'] {
  const line = ({ name, address }: ClusterSpec['members'][number]) => `${name} ${canonicalAddress(address) ?? address}`;
  const before = spec.members.map(line).sort();
  const members = wanted ?? spec.members;
  const after = members.map(line).sort();
  if (after.join() === before.join()) return spec.members;
  const is = before.join(', ');
  const refuse = (reason: string, joined?: string) =>
    fixed(spec, { setting: 'members', is, wanted: after.join(', '), reason, joined });
  const names = new Set(spec.members.map(({ name }) => name));
  const removed = spec.members.find(({ name }) => members.every((one) => one.name !== name));
  const added = members.find(({ name }) => !names.has(name));
  if (restoring !== null && (removed ?? added) !== undefined)
    refuse(`the cluster is being restored from the snapshot ${restoring}; ${whileRestoring}`);
  if (removed !== undefined && !mayShrink) refuse(founded || mayGrow ? whileFoundingRemoved : beforeFoundingRemoved);
  // Until one of these has founded, a coordinator restored from an earlier backup knows by their names that somebody is
  // missing, who may have founded (R1).
  if (added !== undefined && !mayGrow) refuse(founded ? whileFounding : beforeFounding);
  refuseTakenAddress(spec, members, { departing, living, refuse });
  const isBack = ({ name, address }: ClusterSpec['members'][number]) => departing[name]?.address === address;
  for (const { name } of members.filter((one) => !before.includes(line(one)) && !isBack(one))) {
    if (joined.includes(name)) refuse(`a machine has joined as ${name}`, name);
    if (living.includes(name)) refuse(`etcd knows ${name} by its address`);
  }
  return members.map(({ name, address }) => ({
    name,
    address: checkedAddress(address, `the address of ${name}`, spec.allowLoopback),
  }));
}

/** etcd takes in nobody at the address of a member that it still has, and a newcomer comes before its partner leaves. */
function refuseTakenAddress(
  spec: ClusterSpec,
  members: ClusterSpec['members'],
  { departing, living, refuse }: Pick<Begun, 'departing' | 'living'> & { readonly refuse: (reason: string) => never },
): void {
  const leaving = spec.members.filter(({ name }) => members.every((one) => one.name !== name));
  const former = [...leaving, ...Object.entries(departing).map(([name, { address }]) => ({ name, address }))];
  for (const { name, address } of members) {
    const canonical = canonicalAddress(address) ?? address;
    const other = former.find((one) => one.name !== name && one.address === canonical && living.includes(one.name));
    if (other !== undefined)
      refuse(`${name} cannot have the address of ${other.name} before ${other.name} has left etcd`);
  }
}

const whileRestoring = 'members can be added and removed once it serves again';
const beforeFoundingRemoved = 'members can be removed once the cluster is founded';
const whileFoundingRemoved =
  'members can be removed once the founder has served, and not before a restored coordinator has taken the cluster over';
const beforeFounding = 'members can be added once the cluster is founded';
const whileFounding = 'members can be added once its founder has served';

/** What an operator should know about a spec that is valid all the same. */
export function specWarnings(spec: ClusterSpec): readonly Reason[] {
  const count = spec.members.length;
  if (count === 1) return [reason('one_member')];
  return count % 2 === 0 ? [reason('even_count', { count })] : [];
}

/** Members that another cluster has as well: a machine is a node of one cluster. */
export function sharedAddresses(spec: ClusterSpec, others: readonly ClusterSpec[]): readonly Reason[] {
  return others.flatMap((other) => {
    if (other.name === spec.name) return [];
    const theirs = new Set(other.members.map(({ address }) => address));
    const shared = spec.members.filter(({ address }) => theirs.has(address)).map(({ name }) => name);
    const ports = new Set<number>([other.ports.client, other.ports.peer]);
    if (shared.length === 0 || !(ports.has(spec.ports.client) || ports.has(spec.ports.peer))) return [];
    return [reason('shared_addresses', { members: shared, other: other.name })];
  });
}

function checkSpec(spec: ClusterSpec): void {
  const { heartbeatIntervalMs, electionTimeoutMs } = spec.tuning;
  if (electionTimeoutMs < 5 * heartbeatIntervalMs) {
    refuse(
      `electionTimeoutMs (${electionTimeoutMs}) must be at least five times heartbeatIntervalMs (${heartbeatIntervalMs})`,
    );
  }
  // As names in certificates, which TLS checks more strictly than the schema does.
  for (const name of [spec.domain, ...spec.serviceNames]) {
    if (!validDomain(name)) refuse(`${name} is not a domain name: its last part may not be a number`);
  }
  const longest = spec.members.map(({ name }) => `${name}.${spec.domain}`).find((fqdn) => !validDomain(fqdn));
  if (longest !== undefined) refuse(`the name ${longest} is longer than 253 characters`);
  // Every JavaScript object has an inherited property of this name.
  if (spec.members.some(({ name }) => name in {}))
    refuse('the member name "constructor" is not possible: choose another name');
  for (const key of ['name', 'address'] as const) {
    const values = spec.members.map((member) => member[key]);
    const twin = values.find((value, index) => values.indexOf(value) !== index);
    if (twin !== undefined) refuse(`the member ${key} ${twin} is given twice`);
  }
  const { client, peer, metrics } = spec.ports;
  if (new Set([client, peer, metrics]).size < 3) refuse('the ports for clients, peers and metrics must differ');
  const own = new Set(spec.members.map(({ address }) => address));
  const vip = spec.vips.find((address) => own.has(address));
  if (vip !== undefined) refuse(`the VIP ${vip} is a member's own address`);
}

function checkedAddress(text: string, what: string, allowLoopback: boolean): string {
  const address = canonicalAddress(text);
  const problem = addressProblem(text, { allowLoopback });
  if (address === undefined || problem !== undefined) return refuse(`${what}: ${problem ?? 'not an IP address'}`);
  return address;
}

function refuse(problem: string): never {
  throw failure('invalid_request', { problem });
}
