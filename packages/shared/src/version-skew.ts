/**
 * Whether an agent and a coordinator of these versions speak the same protocol: both of one major version, and at most one
 * minor version apart (issue 4), so that one is upgraded after the other. A version that is none fits nothing. Pure.
 */
export function versionsFit(agent: string, coordinator: string): boolean {
  const [one, other] = [numbersOf(agent), numbersOf(coordinator)];
  if (one === null || other === null) return false;
  return one.major === other.major && Math.abs(one.minor - other.minor) <= 1;
}

/** Whether this version is older than the other one. A version that is none is older than each that is one. Pure. */
export function isOlder(version: string, other: string): boolean {
  const [one, two] = [numbersOf(version), numbersOf(other)];
  if (one === null || two === null) return one === null && two !== null;
  const [difference] = [one.major - two.major, one.minor - two.minor, one.patch - two.patch].filter((by) => by !== 0);
  return difference !== undefined && difference < 0;
}

function numbersOf(version: string): { readonly major: number; readonly minor: number; readonly patch: number } | null {
  const [, major, minor, patch] = /^(\d+)\.(\d+)\.(\d+)/.exec(version) ?? [];
  return major === undefined ? null : { major: Number(major), minor: Number(minor), patch: Number(patch) };
}
