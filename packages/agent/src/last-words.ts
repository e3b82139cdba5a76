/**
 * What of etcd's log tells why it ended: its last fatal error or panic, and where it had neither but did end, its very
 * last line. null where the log says nothing of an end.
 */
export function lastWords(lines: readonly string[], ended: boolean): string | null {
  const words = lines.map(wordsOf);
  const fatal = words.findLast(({ final }) => final);
  if (fatal !== undefined) return fatal.text;
  return ended ? (words.at(-1)?.text ?? null) : null;
}

function wordsOf(line: string): { readonly text: string; readonly final: boolean } {
  const plain = { text: line, final: /^(?:panic|fatal error): /.test(line) };
  if (!line.startsWith('{')) return plain;
  try {
    const { level, msg, error } = JSON.parse(line) as Record<string, unknown>;
    if (typeof msg !== 'string') return plain;
    const text = typeof error === 'string' && error !== msg ? `${msg}: ${error}` : msg;
    return { text, final: level === 'fatal' || level === 'panic' };
  } catch {
    // A line that was cut is told as it is.
    return plain;
  }
}
