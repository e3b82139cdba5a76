/** The oldest etcd that Picket runs. */
export const oldestEtcd = '3.5.0';
/** The first etcd that this version of Picket does not run: it was not tried with this minor version. */
export const firstUnknownEtcd = '3.8.0';

/** A version of etcd, to compare it with others. */
export interface EtcdVersion {
  readonly numbers: readonly [major: number, minor: number, patch: number];
  /** It came before the version with these numbers. */
  readonly isPreRelease: boolean;
}

/**
 * Reads what etcd says of itself, such as `3.5.16` or `3.6.0-rc.1`. The suffixes of packages (`-4`, `-r1`, `+ds1`) mean the same version.
 *
 * @returns null if it is none
 */
export function versionIn(text: string): EtcdVersion | null {
  const [, major, minor, patch, suffix = ''] = /^v?(\d{1,6})\.(\d{1,6})\.(\d{1,6})(|[-~_+.].{0,64})$/.exec(text) ?? [];
  if (patch === undefined) return null;
  return {
    numbers: [Number(major), Number(minor), Number(patch)],
    isPreRelease: /^[-~_.](?:alpha|beta|rc|pre|dev)/i.test(suffix),
  };
}

/** Below zero if the first version came before the other one. A pre-release comes before its version. */
export function compareVersions(one: EtcdVersion, other: EtcdVersion): number {
  return byNumbers(one, other) || Number(other.isPreRelease) - Number(one.isPreRelease);
}

/** For sorting, the oldest first. What cannot be read comes last. */
export function byVersion(one: string, other: string): number {
  const [left, right] = [versionIn(one), versionIn(other)];
  if (left === null || right === null) return Number(left === null) - Number(right === null);
  return compareVersions(left, right);
}

/** Whether one minor version, such as `3.5`, comes before another one. */
export function isEarlierMinor(minor: string, other: string): boolean {
  return byVersion(`${minor}.0`, `${other}.0`) < 0;
}

/** Whether of two minor versions, such as `3.5` and `3.6`, one comes right after the other: etcd goes from one to the next, or back. */
export function areNeighbours(one: string, other: string): boolean {
  const [left, right] = [versionIn(`${one}.0`), versionIn(`${other}.0`)];
  if (left === null || right === null || left.numbers[0] !== right.numbers[0]) return false;
  return Math.abs(left.numbers[1] - right.numbers[1]) === 1;
}

/**
 * Why Picket does not run this version; null if it does. A pre-release counts as its version: Picket runs 3.5.0-rc.1, and not
 * 3.7.0-rc.1. A version that cannot be read counts as too new: nobody tried it.
 */
export function outsideLimits(version: string): 'too old' | 'too new' | null {
  const [found, first, end] = [version, oldestEtcd, firstUnknownEtcd].map(versionIn);
  if (!found || !first || !end) return 'too new';
  if (byNumbers(found, first) < 0) return 'too old';
  return byNumbers(found, end) < 0 ? null : 'too new';
}

function byNumbers(one: EtcdVersion, other: EtcdVersion): number {
  for (const index of [0, 1, 2] as const) {
    const difference = one.numbers[index] - other.numbers[index];
    if (difference !== 0) return difference;
  }
  return 0;
}

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
