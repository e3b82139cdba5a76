/**
 * Whether an agent and a coordinator of these versions speak the same protocol: the same major version, and at most one minor
 * version apart, so that one can be upgraded after the other. A text that is not a version fits nothing. Pure.
 */
export function versionsFit(agent: string, coordinator: string): boolean {
  const [one, other] = [numbersOf(agent), numbersOf(coordinator)];
  if (one === null || other === null) return false;
  return one.major === other.major && Math.abs(one.minor - other.minor) <= 1;
}

function numbersOf(version: string): { readonly major: number; readonly minor: number } | null {
  const [, major, minor] = /^(\d+)\.(\d+)\.\d+/.exec(version) ?? [];
  return major === undefined ? null : { major: Number(major), minor: Number(minor) };
}
