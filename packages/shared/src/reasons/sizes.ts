/** A size of a database in words: millions of octets as disks are sold, one decimal (`33.6 MB`). */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
