/** A report is late by this much before its values count as old: the network and a busy board take a little. */
const toleranceMs = 5_000;

/**
 * True if the next report should have come. The values of this one are old then, long before its node counts as silent.
 *
 * @param everySeconds how often nodes report while nothing changes
 */
export function isOverdue(ageMs: number, everySeconds: number): boolean {
  return ageMs > everySeconds * 1000 + toleranceMs;
}
