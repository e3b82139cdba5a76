/**
 * The minor version, `3.5` of `3.5.16`: within one, etcd's members may differ; from one to the next a cluster is upgraded.
 */
export function minorOf(version: string): string {
  return version.split('.', 2).join('.');
}
