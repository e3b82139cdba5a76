import { minorOf } from '@picket/shared/etcd-version.ts';
import type { Architecture, ReleaseView } from '@picket/shared/protocol/releases.ts';

/**
 * The etcdutl for a node of this architecture; null if there is none. Prefers one of the minor version of the node's
 * etcd, then one that was added later.
 */
export function chooseTool(
  releases: readonly ReleaseView[],
  architecture: Architecture | null,
  etcdVersion: string | null,
): ReleaseView | null {
  const fits = releases.filter((release) => release.architecture === architecture);
  const isSameMinor = ({ version }: ReleaseView) =>
    version !== null && etcdVersion !== null && minorOf(version) === minorOf(etcdVersion);
  const rank = (release: ReleaseView) => `${isSameMinor(release) ? 1 : 0} ${release.addedAt} ${release.sha256}`;
  return fits.sort((one, other) => (rank(one) < rank(other) ? 1 : -1))[0] ?? null;
}
