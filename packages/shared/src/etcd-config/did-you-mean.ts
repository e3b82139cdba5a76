/**
 * The known word that an unknown one was most likely meant to be: one that it ends with (as
 * `peer-cert-file` for `cert-file`), or one at most two edits away, capitals and `_` for `-` aside. Undefined when none is near.
 */
export function didYouMean(unknown: string, known: readonly string[]): string | undefined {
  const tail = known.filter((word) => unknown.endsWith(`-${word}`)).sort((a, b) => b.length - a.length)[0];
  if (tail !== undefined) return tail;
  const plain = (text: string) => text.toLowerCase().replaceAll('_', '-');
  const word = plain(unknown);
  const [nearest] = known
    .filter((candidate) => Math.abs(candidate.length - word.length) <= 2)
    .map((candidate) => ({ candidate, distance: edits(word, plain(candidate)) }))
    .sort((a, b) => a.distance - b.distance);
  return nearest !== undefined && nearest.distance <= 2 ? nearest.candidate : undefined;
}

/** Levenshtein's distance: the fewest insertions, deletions and replacements from one word to the other. */
function edits(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let i = 1; i <= from.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
