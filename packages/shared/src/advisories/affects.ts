import { byVersion, compareVersions, type EtcdVersion, isOfMinor, versionIn } from '../etcd-version.ts';
import type { Advisory, AffectedRange } from './advisory.ts';

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

/** The latest version of a minor version that fixes one of these faults; null if none does. Newer ones may have come since. */
export function latestFix(advisories: readonly Pick<Advisory, 'affected'>[], minor: string): string | null {
  const fixes = advisories.flatMap(({ affected }) => affected.flatMap(({ fixed }) => fixed ?? []));
  const within = fixes.filter((version) => isOfMinor(version, minor));
  return within.toSorted(byVersion).at(-1) ?? null;
}

function rangeOf(affected: readonly AffectedRange[], version: string): AffectedRange | null {
  const found = versionIn(version);
  if (found === null) return null;
  return affected.find((range) => isWithin(found, range)) ?? null;
}

/** A pre-release of the first affected version is affected, and one of the version with the fix may lack the fix. */
function isWithin(version: EtcdVersion, { from, fixed }: AffectedRange): boolean {
  const [first, end] = [versionIn(from), fixed === null ? null : versionIn(fixed)];
  if (first === null || minorNumber(version) !== minorNumber(first)) return false;
  const isLate = compareVersions({ ...version, isPreRelease: false }, first) >= 0;
  return isLate && (fixed === null || (end !== null && compareVersions(version, end) < 0));
}

function minorNumber({ numbers: [major, minor] }: EtcdVersion): string {
  return `${major}.${minor}`;
}
