/**
 * The minor version, `3.5` of `3.5.16`: within one, etcd's members may differ; from one to the next a cluster is upgraded.
 */
export function minorOf(version: string): string {
  return version.split('.', 2).join('.');
}

/** Whether a version is of this minor version: `3.5.16` is of `3.5`, and `3.50.1` is not. The guard of etcd's service judges by the same. */
export function isOfMinor(version: string, minor: string): boolean {
  return `${version}.`.startsWith(`${minor}.`);
}
