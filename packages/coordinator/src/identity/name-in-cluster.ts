import { canonicalHostName } from '@picket/shared/names.ts';
import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';

/**
 * The name of a machine among those of a cluster: `pi-1` for the host names `pi-1`, `PI-1` and `pi-1.DOMAIN.` in the cluster's
 * own domain. Names of members are single labels in lower case, so a host name is never that of two members. With another
 * domain the name stays whole and is nobody's: that machine may belong to another cluster. Pure.
 */
export function nameInCluster({ domain }: ClusterSpec, hostName: string): string {
  const name = canonicalHostName(hostName);
  const suffix = `.${domain}`;
  return name.endsWith(suffix) ? name.slice(0, -suffix.length) : name;
}
