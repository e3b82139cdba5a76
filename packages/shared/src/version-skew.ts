/**
 * Whether an agent and a coordinator of these versions speak the same protocol: both of one major version, and at most one
 * minor version apart (issue 4), so that one is upgraded after the other. A version that is none fits nothing. Pure.
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
