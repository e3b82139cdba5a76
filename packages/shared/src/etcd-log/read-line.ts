import { type Reason, reason } from '../reasons/reason.ts';
import { type LogFact, longestLogValue } from './log-fact.ts';

/** An entry of etcd's log; `text` joins its message, its error and its panic. */
interface Entry {
  readonly text: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** What one kind of line means; null for any other line. */
type Meaning = (entry: Entry) => Reason | null;

/**
 * What a line of etcd's log shows; null if it shows no fault. The facts have only addresses, names and etcd's fixed words, so
 * that no line of a log reaches the coordinator as text (R11). Reads etcd 3.4 to 3.7. Pure.
 */
export function readLine(line: string): LogFact | null {
  const { entry, at } = entryOf(line);
  for (const meaning of meanings) {
    const found = meaning(entry);
    if (found !== null) return { reason: found, at };
  }
  return null;
}

function entryOf(line: string): { readonly entry: Entry; readonly at: string | null } {
  const plain = { entry: { text: line, fields: {} }, at: plainTime(line) };
  if (!line.startsWith('{')) return plain;
  try {
    const fields = JSON.parse(line) as Readonly<Record<string, unknown>>;
    const text = [fields.msg, fields.error, fields.panic].filter((one) => typeof one === 'string').join(': ');
    return { entry: { text, fields }, at: timeOf(fields.ts) };
  } catch {
    // A power cut may have truncated it.
    return plain;
  }
}

/** etcd 3.4 writes seconds, later versions ISO times. Only the years of a `Timestamp`: a report takes no others. */
function timeOf(ts: unknown): string | null {
  const ms = typeof ts === 'number' ? ts * 1000 : typeof ts === 'string' ? Date.parse(ts) : Number.NaN;
  return ms >= Date.UTC(1900) && ms < Date.UTC(10_000) ? new Date(ms).toISOString() : null;
}

/** grpc writes the local time, which is only known to be UTC if the machine's zone is. */
function plainTime(line: string): string | null {
  const [, year, month, day, time] = /^(\d{4})\/(\d\d)\/(\d\d) (\d\d:\d\d:\d\d) /.exec(line) ?? [];
  return year === undefined ? null : timeOf(`${year}-${month}-${day}T${time}Z`);
}

/** Go's words for TLS's alerts. */
const alerts =
  /remote error: tls: ((?:bad|unsupported|revoked|expired|unknown) certificate(?: authority)?|certificate required|access denied|handshake failure|protocol version not supported|unrecognized name|internal error)/;

const meanings: readonly Meaning[] = [
  shows(/expected IP in URL for binding \((\S{1,253})\)/, (url) => reason('etcd_listen_name', { url })),
  shows(/x509: certificate (?:specifies an )?(incompatible key usage|signed by unknown authority)/, (found, entry) =>
    found === 'incompatible key usage'
      ? reason('etcd_saw_key_usage', shownBy(entry))
      : reason('etcd_saw_unknown_authority', shownBy(entry)),
  ),
  (entry) => {
    const [, clock, order, bound] =
      /x509: certificate has expired or is not yet valid: current time (\S{10,40}) is (before|after) ([-0-9T:.Z+]{10,40})/.exec(
        entry.text,
      ) ?? [];
    if (clock === undefined || bound === undefined) return null;
    const facts = { ...shownBy(entry), clock, bound };
    return order === 'after' ? reason('etcd_saw_expired', facts) : reason('etcd_saw_not_yet_valid', facts);
  },
  (entry) => {
    const wanted =
      /x509: cannot validate certificate for (\S{1,253}) because it doesn't contain any IP SANs/.exec(
        entry.text,
      )?.[1] ??
      nameNotAmong(entry.text) ??
      /x509: certificate is not valid for any names, but wanted to match (\S{1,253})/.exec(entry.text)?.[1] ??
      /tls: "(\S{1,253})" does not match any of DNSNames/.exec(entry.text)?.[1];
    return wanted === undefined ? null : reason('etcd_saw_no_name', { ...shownBy(entry), wanted });
  },
  (entry) => {
    const alert = alerts.exec(entry.text)?.[1];
    // As etcd's own gateway refuses its own server, which another line explains.
    if (alert === undefined || entry.fields.msg === undefined) return null;
    const facts = { remote: remoteOf(entry), alert };
    return /on client endpoint/.test(entry.text)
      ? reason('etcd_client_refuses', facts)
      : reason('etcd_was_refused', facts);
  },
  (entry) => {
    if (!/cluster ID mismatch/.test(entry.text)) return null;
    const own = textOf(entry, 'local-member-cluster-id');
    const other = textOf(entry, 'remote-peer-cluster-id');
    return own === null || other === null
      ? null
      : reason('etcd_saw_other_cluster', { remote: remoteOf(entry), own, other });
  },
  ({ text }) => {
    const [, address, why] =
      /listen tcp (\S{1,253}): bind: (address already in use|cannot assign requested address)/.exec(text) ?? [];
    if (address === undefined) return null;
    return why === 'address already in use'
      ? reason('etcd_port_taken', { address })
      : reason('etcd_address_missing', { address });
  },
  shows(
    /lookup (\S{1,253}?)(?: on \S{1,100})?: (?:no such host|server misbehaving|Temporary failure|i\/o timeout)/,
    (name) => reason('etcd_name_unknown', { name }),
  ),
  shows(/connect: connection refused/, (_found, entry) =>
    reason('etcd_connection_refused', { remote: remoteOf(entry) }),
  ),
  (entry) =>
    /(?:dial tcp|prober detected|peer URL|became inactive)/.test(entry.text) &&
    /i\/o timeout|TLS handshake timeout|no route to host|network is unreachable|deadline exceeded/.test(entry.text)
      ? reason('etcd_connection_lost', { remote: remoteOf(entry) })
      : null,
  shows(
    /\b(?:wal|walpb): (?:crc mismatch|file not found|slice bounds out of range|snapshot mismatch|snapshot not found|conflicting metadata found)\b/,
    (words) => reason('etcd_wal_damaged', { words }),
  ),
  shows(/failed to open database: (invalid database|checksum error|version mismatch|file size too small)/, (words) =>
    reason('etcd_data_damaged', { words }),
  ),
  shows(/member ([0-9a-f]{1,16}) has already been bootstrapped/, (memberId) =>
    reason('etcd_was_bootstrapped', { memberId }),
  ),
  shows(/tocommit\(\d+\) is out of range/, () => reason('etcd_lost_entries')),
  shows(
    /server has been (?:permanently )?removed from (?:the )?cluster|the local etcd member has been removed|has been permanently removed/,
    () => reason('etcd_member_removed'),
  ),
  shows(/no space left on device/, () => reason('etcd_disk_full')),
  (entry) =>
    /database space exceeded/.test(entry.text) || isOfSpace(entry, 'raised') ? reason('etcd_no_space') : null,
  (entry) => {
    if (!/^slow fdatasync/.test(entry.text)) return null;
    const tookMs = durationMs(entry.fields.took);
    return tookMs === null ? null : reason('etcd_slow_fsync', { tookMs });
  },
  shows(/leader failed to send out heartbeat on time/, () => reason('etcd_late_heartbeat')),
  (entry) => {
    if (!/prober found high clock drift/.test(entry.text)) return null;
    const driftMs = durationMs(entry.fields['clock-drift']);
    return driftMs === null ? null : reason('etcd_clock_drift', { remote: remoteOf(entry), driftMs });
  },
  shows(/invalid downgrade; server version is|cluster cannot be downgraded/, (_found, entry) =>
    reason('etcd_older_than_cluster', {
      own: minorIn(entry, 'current-server-version'),
      cluster: minorIn(entry, 'determined-cluster-version'),
    }),
  ),
  shows(/cluster version of remote member is not compatible; too high/, (_found, entry) =>
    reason('etcd_older_than_cluster', {
      // etcd 3.5 names the lowest version there.
      own: minorIn(entry, 'maximum-cluster-version-supported'),
      cluster: minorIn(entry, 'remote-member-cluster-version'),
    }),
  ),
  shows(/^discovery failed: .{0,100}\bversion "(\d{1,9}\.\d{1,9})\.\d{1,9}" is not supported/, (data) =>
    reason('etcd_older_than_data', { data }),
  ),
  shows(/incompatible with current running cluster/, () => reason('etcd_cannot_join')),
  // Another etcd may refuse to add a learner with similar words, and goes on.
  shows(/membership: too many learner members in cluster/, () => reason('etcd_counts_learners')),
  shows(/\bunmarshal should never fail/, () => reason('etcd_entry_unreadable')),
  shows(/detected disallowed (?:v2 WAL|custom content in v2store)/, () => reason('etcd_has_former_api_data')),
  shows(/private key does not match public key/, () => reason('etcd_key_mismatch')),
  shows(/open (\/[^\s:]{1,253}): (?:no such file or directory|permission denied)/, (path) =>
    reason('etcd_file_unreadable', { path }),
  ),
  shows(/raft\.node: \S{1,40} (?:changed leader from|lost leader)/, () => reason('etcd_leader_changes', { count: 1 })),
  ({ text }) => {
    const [, setting, other] =
      /cannot specify both flags: --([\w-]{1,60})\S{0,60} and --([\w-]{1,60})/.exec(text) ?? [];
    return setting === undefined || other === undefined ? null : reason('etcd_settings_conflict', { setting, other });
  },
  shows(/unrecognized feature gate: (\w{1,60})/, (gate) => reason('etcd_gate_unknown', { gate })),
  // A file or an address that etcd refuses comes after these words, too: the entries above read it.
  shows(/(?:failed to verify|error verifying) flags/, (_found, { text }) =>
    reason('etcd_settings_refused', { setting: /--([a-z][a-z-]{1,60})/.exec(text)?.[1] ?? null }),
  ),
];

/** What a line means that has this in it: `found` is the group of the pattern, or all that matches if it has none. */
function shows(pattern: RegExp, meaning: (found: string, entry: Entry) => Reason): Meaning {
  return (entry) => {
    const [whole, group = whole] = pattern.exec(entry.text) ?? [];
    return group === undefined ? null : meaning(group, entry);
  };
}

/** Whether a line tells that etcd has room again: the alarm NOSPACE has ended. */
export function endsNoSpace(line: string): boolean {
  return line.includes('disarmed') && isOfSpace(entryOf(line).entry, 'disarmed');
}

function isOfSpace(entry: Entry, what: 'raised' | 'disarmed'): boolean {
  return entry.text === `alarm ${what}` && textOf(entry, 'alarm') === 'NOSPACE';
}

/** Of `x509: certificate is valid for NAME, NAME, not NAME`, the last name. */
function nameNotAmong(text: string): string | undefined {
  const names = text.split('x509: certificate is valid for ', 2)[1] ?? '';
  return /^, not (\S{1,253})/.exec(names.slice(Math.max(names.lastIndexOf(', not '), 0)))?.[1];
}

/** Whose certificate etcd did not accept. etcd 3.4 does not say at which port it rejected a connection. */
function shownBy(entry: Entry): { readonly side: 'peer' | 'client'; readonly remote: string | null } {
  const remote = remoteOf(entry);
  if (!/client endpoint|rejected connection$/.test(textOf(entry, 'msg') ?? '')) return { side: 'peer', remote };
  return { side: 'client', remote };
}

/** Without the port of an incoming connection, which is another one each time. */
function remoteOf(entry: Entry): string | null {
  const url = /https?:\/\/\S{1,240}?(?=["/\s]|$)/.exec(`${textOf(entry, 'address') ?? ''} ${entry.text}`)?.[0];
  const dialled = /dial tcp (\S{1,240}):\d+:/.exec(entry.text)?.[1];
  const incoming = textOf(entry, 'remote-addr')?.replace(/:\d+$/, '') ?? null;
  return (
    url ??
    dialled ??
    incoming ??
    textOf(entry, 'remote-peer-id') ??
    textOf(entry, 'peer-id') ??
    textOf(entry, 'remote-peer-server-name') ??
    null
  );
}

function textOf({ fields }: Entry, key: string): string | null {
  const value = fields[key];
  return typeof value === 'string' && value !== '' && value.length <= longestLogValue ? value : null;
}

/** The minor version, `3.5` of `3.5.16`, in this field. */
function minorIn(entry: Entry, key: string): string | null {
  return /^\d{1,9}\.\d{1,9}(?=\.|$)/.exec(textOf(entry, key) ?? '')?.[0] ?? null;
}

/** Of a Go duration such as `1m2.5s` or `730ms`, in whole milliseconds; null if it is none. */
function durationMs(text: unknown): number | null {
  if (typeof text !== 'string' || !/^-?(?:\d{1,20}(?:\.\d{1,20})?(?:h|m|s|ms|us|µs|ns))+$/.test(text)) return null;
  const units: Readonly<Record<string, number>> = {
    h: 3_600_000,
    m: 60_000,
    s: 1000,
    ms: 1,
    us: 1e-3,
    µs: 1e-3,
    ns: 1e-6,
  };
  const parts = [...text.matchAll(/(\d{1,20}(?:\.\d{1,20})?)(h|ms|m|s|us|µs|ns)/g)];
  return Math.round(parts.reduce((sum, [, count, unit]) => sum + Number(count) * (units[unit ?? ''] ?? 0), 0));
}
