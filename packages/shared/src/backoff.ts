/** The pause after a number of failures in a row: `firstMs`, doubled with each further failure, and at most `longestMs`. */
export function doublingPauseMs(failures: number, firstMs: number, longestMs: number): number {
  return Math.min(longestMs, firstMs * 2 ** Math.max(0, failures - 1));
}
