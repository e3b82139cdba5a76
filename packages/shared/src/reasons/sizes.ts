/** The size of a database in millions of octets, with one decimal (`33.6 MB`). */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
