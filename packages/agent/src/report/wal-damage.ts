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
 * spans lives and runs: a line before the message must name the data directory, and no line after it may start another
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
