import { durationOf } from './durations.ts';
import type { Numbers, Texts } from './facts.ts';

/** The other end of a connection: an address, a URL or etcd's ID of a member. null if etcd names none. */
type Remote = { readonly remote: string | null };
/** Whose certificate etcd refused. etcd's gateway is a client of its own server, from an address of this machine. */
type Shown = Remote & { readonly side: 'peer' | 'client' };

const whose = ({ side, remote }: Shown) =>
  `the certificate of ${side === 'peer' ? 'a peer' : 'a client'}${remote === null ? '' : `, ${remote}`}`;
const or = (remote: string | null, other: string) => (remote === null ? other : `the peer ${remote}`);

/** What etcd's own log says, as facts and never as its text (R11). */
export const etcdLogReasons = {
  etcd_saw_key_usage: (of: Shown) => `etcd refuses ${whose(of)}: "certificate specifies an incompatible key usage"`,
  etcd_saw_unknown_authority: (of: Shown) => `etcd refuses ${whose(of)}: "certificate signed by unknown authority"`,
  /** `clock` is that of the machine that refuses. `bound`: the end or the begin of the certificate. */
  etcd_saw_expired: ({ clock, bound, ...of }: Shown & Texts<'clock' | 'bound'>) =>
    `etcd refuses ${whose(of)}: it ended at ${bound}, and the clock here says ${clock}`,
  etcd_saw_not_yet_valid: ({ clock, bound, ...of }: Shown & Texts<'clock' | 'bound'>) =>
    `etcd refuses ${whose(of)}: it begins at ${bound}, and the clock here says ${clock}`,
  etcd_saw_no_name: ({ wanted, ...of }: Shown & Texts<'wanted'>) =>
    `etcd refuses ${whose(of)}: the certificate does not name ${wanted}`,
  /** `alert`: TLS's word for it. */
  etcd_was_refused: ({ remote, alert }: Remote & Texts<'alert'>) =>
    `${or(remote, 'a peer')} refuses the certificate of this member: "${alert}"`,
  etcd_client_refuses: ({ remote, alert }: Remote & Texts<'alert'>) =>
    `${remote === null ? 'a client' : `the client ${remote}`} refuses the certificate of etcd: "${alert}"`,
  etcd_saw_other_cluster: ({ remote, own, other }: Remote & Texts<'own' | 'other'>) =>
    `${or(remote, 'a peer')} is in the cluster ${other}, and this member is in ${own}`,
  etcd_connection_refused: ({ remote }: Remote) =>
    `${or(remote, 'a peer')} refuses connections: no program listens there`,
  etcd_connection_lost: ({ remote }: Remote) => `${or(remote, 'a peer')} does not answer`,
  etcd_name_unknown: 'the name {name} cannot be resolved',
  etcd_port_taken: 'another program uses {address}',
  etcd_address_missing: 'no network interface has the address of {address}',
  etcd_listen_name: 'etcd listens on IP addresses only, and conf.yml names a host in {url}',
  etcd_wal_damaged: 'etcd cannot read its write-ahead log: "{words}"',
  etcd_data_damaged: 'etcd cannot read its database: "{words}"',
  etcd_was_bootstrapped: 'etcd found no data here, but its cluster knows the member {memberId}',
  etcd_lost_entries: 'its log ends before entries that it has already confirmed',
  etcd_member_removed: 'this member was removed from its cluster',
  etcd_disk_full: 'etcd found no space on the disk',
  etcd_no_space: 'the database has reached its quota (NOSPACE)',
  /** In milliseconds. */
  etcd_slow_fsync: ({ tookMs }: Numbers<'tookMs'>) => `a write to the disk took ${durationOf(tookMs)}`,
  etcd_late_heartbeat: 'the leader sent its heartbeats too late',
  etcd_leader_changes: ({ count }: Numbers<'count'>) => `the leader changed ${count === 1 ? 'once' : `${count} times`}`,
  etcd_clock_drift: ({ remote, driftMs }: Remote & Numbers<'driftMs'>) =>
    `its clock and the clock of ${or(remote, 'a peer')} differ by ${durationOf(driftMs)}`,
  /** Minor versions, such as `3.5`; null if etcd names none. `cluster`: the one that etcd's members have agreed on. */
  etcd_older_than_cluster: ({ own, cluster }: { readonly own: string | null; readonly cluster: string | null }) =>
    `this etcd${own === null ? '' : ` ${own}`} is older than the version of its cluster${cluster === null ? '' : `, ${cluster}`}`,
  /** `data`: the minor version of etcd that its format belongs to. */
  etcd_older_than_data: 'this etcd is older than its data, which has the format of etcd {data}',
  etcd_cannot_join: 'etcd found no member whose cluster it can join: "incompatible with current running cluster"',
  etcd_counts_learners: 'etcd takes more members for learners than it allows: "too many learner members in cluster"',
  etcd_entry_unreadable: 'etcd cannot read an entry of its write-ahead log: "unmarshal should never fail"',
  etcd_has_former_api_data: 'etcd found data of its former API v2, and this version does not start with it',
  etcd_file_unreadable: 'etcd cannot read {path}',
  etcd_key_mismatch: 'the key does not belong to the certificate',
  /** `setting`: the first option that etcd names. */
  etcd_settings_refused: ({ setting }: { readonly setting: string | null }) =>
    `etcd refuses its settings${setting === null ? '' : ` because of ${setting}`}`,
  etcd_settings_conflict: 'etcd takes only one of the settings {setting} and {other}',
  etcd_gate_unknown: 'this etcd does not know the feature gate {gate}',
} as const;
