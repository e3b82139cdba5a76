/**
 * etcd's own words for a write-ahead log that it can never read again. Denied access and a failing disk are not among
 * them.
 */
const damaged =
  /\b(?:wal|walpb): (?:crc mismatch|file not found|slice bounds out of range|snapshot mismatch|snapshot not found|conflicting metadata found)\b/;
const fatal = /^\{"level":"(?:fatal|panic)"|^panic: /;
const named = /"data-dir":"([^"]*)"/;

/**
 * etcd's message about a damaged write-ahead log in this data directory at its last end; null if there is none. The log
 * spans incarnations and runs: a line before the message must name the data directory, and no line after it may start another
 * run. Pure.
 *
 * @param lines the newest of etcd's log, oldest first; long ones may be truncated
 */
export function walDamage(lines: readonly string[], dataDir: string): string | null {
  const end = lines.findLastIndex((line) => fatal.test(line));
  const words = damaged.exec(lines[end] ?? '')?.[0];
  return words !== undefined && dataDirBefore(lines, end) === dataDir ? words : null;
}

/** The data directory of the run that ended with this line; null if no line before it names one, or another run has begun. */
export function dataDirBefore(lines: readonly string[], end: number): string | null {
  const dirs = lines.map((line) => named.exec(line)?.[1]);
  if (dirs.slice(end + 1).some((dir) => dir !== undefined)) return null;
  return dirs.slice(0, Math.max(end, 0)).findLast((dir) => dir !== undefined) ?? null;
}

/** bbolt's words for the content of a file that is no whole database. Denied access and a failing disk are not among them. */
const unreadable = /^(?:invalid database|checksum error|version mismatch|file size too small)/;
/**
 * A panic of bbolt over the content of a page, and of raft over a log without a beginning. A log that has only lost its end is
 * not among them, although raft panics over it once: the leader may send the entries again.
 */
const panics =
  /^panic: ((?:assertion failed: Page expected to be|freepages: failed to get all reachable pages|page \d+: (?:multiple references|already freed)|invalid (?:freelist )?page|cannot use none as id).*)$/;

/**
 * etcd's message at its last end about data in this data directory that etcd cannot use: a damaged database, a database that
 * is missing beside its log, a log without a beginning. null if there is none. An expert may still recover such data, so it
 * is no evidence of loss (R16). As for `walDamage`, a line before the message must name the data directory, and no line
 * after it may start another run. Pure.
 *
 * @param lines the newest of etcd's log, oldest first; long ones may be truncated
 */
export function dataDamage(lines: readonly string[], dataDir: string): string | null {
  const end = lines.findLastIndex((line) => /^\{"level":"(?:fatal|panic)"|^panic: /.test(line));
  const words = wordsOf(lines[end] ?? '');
  return words !== null && dataDirBefore(lines, end) === dataDir ? words.slice(0, longestWords) : null;
}

const longestWords = 200;

function wordsOf(line: string): string | null {
  if (!line.startsWith('{')) return panics.exec(line)?.[1] ?? null;
  try {
    const { msg, error } = JSON.parse(line) as Record<string, unknown>;
    if (typeof msg !== 'string') return null;
    // raft's logger gives its panic no error.
    const own = panics.exec(`panic: ${msg}`)?.[1];
    if (own !== undefined) return own;
    if (typeof error !== 'string') return null;
    const isUnreadable = msg === 'failed to open database' && unreadable.test(error);
    const isMissing = msg === 'failed to recover v3 backend from snapshot' && /doesn't exist/.test(error);
    return isUnreadable || isMissing ? `${msg}: ${error}` : null;
  } catch {
    return null;
  }
}
