/**
 * The minor version, `3.5` of `3.5.16`. The members of a cluster may have different versions within one minor version.
 */
export function minorOf(version: string): string {
  return version.split('.', 2).join('.');
}

/** Whether a version belongs to this minor version: `3.5.16` belongs to `3.5`, and `3.50.1` does not. The guard of etcd's service uses the same rule. */
export function isOfMinor(version: string, minor: string): boolean {
  return `${version}.`.startsWith(`${minor}.`);
}
