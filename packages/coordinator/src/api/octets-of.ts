/** The size of a part of an answer, as JSON in UTF-8. */
export function octetsOf(part: unknown): number {
  return Buffer.byteLength(JSON.stringify(part));
}

/**
 * The largest size for each part with which all of them together have at most `most`: a part that needs less leaves the rest
 * to the others. Infinite if all have room. Pure.
 */
export function fairShare(sizes: readonly number[], most: number): number {
  let left = most;
  for (const [index, size] of sizes.toSorted((one, other) => one - other).entries()) {
    const share = left / (sizes.length - index);
    if (size > share) return share;
    left -= size;
  }
  return Number.POSITIVE_INFINITY;
}
