/** The size of a database in millions of octets, with one decimal (`33.6 MB`). */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** In units of 10⁹ octets, as disk sizes are sold; one decimal below ten. */
export function gigabytes(bytes: number): string {
  const value = bytes / 1e9;
  return value < 10 ? value.toFixed(1) : value.toFixed(0);
}
