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

/** The oldest version of etcd that Picket takes. */
export const oldestEtcd = '3.5.0';

/** The first version that this Picket was not tried with: it takes those before. */
export const firstUnknownEtcd = '3.7.0';
