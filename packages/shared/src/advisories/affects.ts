import type { Advisory, AffectedRange } from './advisory.ts';

interface Version {
  readonly numbers: readonly [major: number, minor: number, patch: number];
  /** It came before the version with these numbers. */
  readonly isPreRelease: boolean;
}

/** Whether this version of etcd has the fault. A version that cannot be read, or of a minor version that no row names, has none. */
export function affects({ affected }: Pick<Advisory, 'affected'>, version: string): boolean {
  return rangeOf(affected, version) !== null;
}

/**
 * The first version of the same minor version that has none of these faults.
 *
 * @returns null if one of them is not fixed there, or if this version has none of them
 */
export function fixedWithin(advisories: readonly Pick<Advisory, 'affected'>[], version: string): string | null {
  const ranges = advisories.flatMap(({ affected }) => rangeOf(affected, version) ?? []);
  const fixes = ranges.flatMap(({ fixed }) => fixed ?? []);
  if (fixes.length < ranges.length) return null;
  return fixes.toSorted(byVersion).at(-1) ?? null;
}

/** For sorting, the oldest first. What cannot be read comes last. */
export function byVersion(one: string, other: string): number {
  const [left, right] = [versionIn(one), versionIn(other)];
  if (left === null || right === null) return Number(left === null) - Number(right === null);
  return compare(left, right);
}

function rangeOf(affected: readonly AffectedRange[], version: string): AffectedRange | null {
  const found = versionIn(version);
  if (found === null) return null;
  return affected.find((range) => isWithin(found, range)) ?? null;
}

/** A pre-release of the first affected version is affected, and one of the version with the fix may lack the fix. */
function isWithin(version: Version, { from, fixed }: AffectedRange): boolean {
  const [first, end] = [versionIn(from), fixed === null ? null : versionIn(fixed)];
  if (first === null || minorNumber(version) !== minorNumber(first)) return false;
  const isLate = compare({ ...version, isPreRelease: false }, first) >= 0;
  return isLate && (fixed === null || (end !== null && compare(version, end) < 0));
}

/**
 * Reads what etcd says of itself, such as `3.5.16` or `3.6.0-rc.1`. The suffixes of packages (`-4`, `-r1`, `+ds1`) mean the same version.
 * null if it is none.
 */
function versionIn(text: string): Version | null {
  const [, major, minor, patch, suffix = ''] = /^v?(\d{1,6})\.(\d{1,6})\.(\d{1,6})(|[-~_+.].{0,64})$/.exec(text) ?? [];
  if (patch === undefined) return null;
  return {
    numbers: [Number(major), Number(minor), Number(patch)],
    isPreRelease: /^[-~_.](?:alpha|beta|rc|pre|dev)/i.test(suffix),
  };
}

function minorNumber({ numbers: [major, minor] }: Version): string {
  return `${major}.${minor}`;
}

function compare(one: Version, other: Version): number {
  for (const index of [0, 1, 2] as const) {
    const difference = one.numbers[index] - other.numbers[index];
    if (difference !== 0) return difference;
  }
  return Number(other.isPreRelease) - Number(one.isPreRelease);
}
