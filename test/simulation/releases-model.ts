import type { ReleaseView } from '@picket/shared/protocol/releases.ts';

/**
 * The release of etcd that an operator wants together with these settings; null: the package. Every second change of settings
 * changes the etcd too.
 */
export function releaseWith(tuning: number): string | null {
  return tuning % 4 === 0 || tuning % 4 === 3 ? null : `3.5.${Math.floor(tuning / 4)}`;
}

/** True if etcd cannot run with these settings because of the release that comes with them: with another etcd, it can. */
export function breaksByRelease(tuning: number): boolean {
  return releaseWith(tuning) !== null && tuning % 2 === 1;
}

/** The release of a minor version to which a cluster is upgraded as the so manieth; each is of its own. */
export function upgradeTo(minor: string, count: number): string {
  return `${minor}.${firstUpgrade + count}`;
}

/** Late enough to go on from to the next minor version. */
const firstUpgrade = 20;
const mostUpgrades = 60;

/** No change of settings comes with it. */
export const lastOf35 = '3.5.300';

/** What the release store has: whatever a change of settings, or an upgrade, may want. */
export function storedReleases(): ReleaseView[] {
  const wanted = Array.from({ length: 500 }, (_, index) => releaseWith(500 + index));
  const next = Array.from({ length: mostUpgrades }, (_, count) => [upgradeTo('3.6', count), upgradeTo('3.7', count)]);
  return [...wanted, ...next.flat(), lastOf35].flatMap(storedRelease);
}

/** The number of this release as a {@link Binary}; installed packages have positive ones. */
export function numberOf(release: string): number {
  const [major = 0, minor = 0, patch = 0] = release.split('.').map(Number);
  return -((major * 100 + minor) * 10_000 + patch);
}

function storedRelease(version: string | null): ReleaseView[] {
  if (version === null) return [];
  const sha256 = version.padEnd(64, '0');
  const programs: ReleaseView['programs'] = [{ name: 'etcd', sha256, sizeBytes: 1 }];
  return [{ sha256, name: version, architecture: 'arm64', version, programs, addedAt: '2026-01-01T00:00:00Z' }];
}
