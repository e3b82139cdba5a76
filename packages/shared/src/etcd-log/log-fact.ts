import type { etcdLogReasons } from '../reasons/etcd-log.ts';
import type { AnyReason, FactsOf, Reason } from '../reasons/reason.ts';

/** A line of etcd's log that shows a fault. */
export interface LogFact {
  readonly reason: Reason;
  /** ISO time of the line; null if the line has none. */
  readonly at: string | null;
}

/** At most so many facts come of a log: one that names ever new peers cannot grow what is made of it (R18). */
export const mostLogFacts = 12;
/** In characters. A longer value is no address and no name. */
export const longestLogValue = 253;

type Code = keyof typeof etcdLogReasons;
type Holds = (value: unknown) => boolean;

const isText: Holds = (value) => typeof value === 'string' && value !== '' && value.length <= longestLogValue;
const isTextOrNull: Holds = (value) => value === null || isText(value);
const isMinor: Holds = (value) => typeof value === 'string' && /^\d{1,9}\.\d{1,9}$/.test(value);
const isMinorOrNull: Holds = (value) => value === null || isMinor(value);
const isWhole: Holds = (value) => Number.isSafeInteger(value);

const remote = { remote: isTextOrNull };
const shown = { side: (value: unknown) => value === 'peer' || value === 'client', ...remote };

/** What the facts of each code are. */
const forms: { readonly [One in Code]: { readonly [Key in keyof FactsOf<One>]-?: Holds } } = {
  etcd_saw_key_usage: shown,
  etcd_saw_unknown_authority: shown,
  etcd_saw_expired: { ...shown, clock: isText, bound: isText },
  etcd_saw_not_yet_valid: { ...shown, clock: isText, bound: isText },
  etcd_saw_no_name: { ...shown, wanted: isText },
  etcd_was_refused: { ...remote, alert: isText },
  etcd_client_refuses: { ...remote, alert: isText },
  etcd_saw_other_cluster: { ...remote, own: isText, other: isText },
  etcd_connection_refused: remote,
  etcd_connection_lost: remote,
  etcd_name_unknown: { name: isText },
  etcd_port_taken: { address: isText },
  etcd_address_missing: { address: isText },
  etcd_listen_name: { url: isText },
  etcd_wal_damaged: { words: isText },
  etcd_data_damaged: { words: isText },
  etcd_was_bootstrapped: { memberId: isText },
  etcd_lost_entries: {},
  etcd_member_removed: {},
  etcd_disk_full: {},
  etcd_no_space: {},
  etcd_slow_fsync: { tookMs: isWhole },
  etcd_late_heartbeat: {},
  etcd_leader_changes: { count: isWhole },
  etcd_clock_drift: { ...remote, driftMs: isWhole },
  etcd_older_than_cluster: { own: isMinorOrNull, cluster: isMinorOrNull },
  etcd_older_than_data: { data: isMinor },
  etcd_cannot_join: {},
  etcd_counts_learners: {},
  etcd_entry_unreadable: {},
  etcd_has_former_api_data: {},
  etcd_file_unreadable: { path: isText },
  etcd_key_mismatch: {},
  etcd_settings_refused: { setting: isTextOrNull },
  etcd_settings_conflict: { setting: isText, other: isText },
  etcd_gate_unknown: { gate: isText },
};

/**
 * What a node reports of its etcd's log, if a line of a log can show that. null if it cannot, or if a newer agent knows a line
 * that this program does not. A node may report anything, and a fact too many could blame another member: damaged data has no peer
 * (R8). A fact that an older agent leaves out is null, if null is one of its values. Pure.
 */
export function asLogFact({ reason: { code, facts }, at }: ReportedLogFact): LogFact | null {
  const form = Object.hasOwn(forms, code) ? new Map(Object.entries<Holds>(forms[code as Code])) : null;
  if (form === null || Object.keys(facts).some((key) => !form.has(key))) return null;
  const given = facts as Readonly<Record<string, unknown>>;
  const values = new Map([...form.keys()].map((key) => [key, given[key] ?? null]));
  const holds = [...form].every(([key, isFit]) => isFit(values.get(key)));
  return holds ? { reason: { code, facts: Object.fromEntries(values) } as Reason, at } : null;
}

interface ReportedLogFact {
  readonly reason: AnyReason;
  readonly at: string | null;
}
