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

/** The number of this release as a {@link Binary}; installed packages have positive ones. */
export function numberOf(release: string): number {
  return -Number(release.split('.')[2]);
}

/** What the release store has of it. */
export function storedRelease(version: string | null): ReleaseView[] {
  if (version === null) return [];
  const sha256 = version.padEnd(64, '0');
  const programs: ReleaseView['programs'] = [{ name: 'etcd', sha256, sizeBytes: 1 }];
  return [{ sha256, name: version, architecture: 'arm64', version, programs, addedAt: '2026-01-01T00:00:00Z' }];
}
