import { isEarlierMinor, minorOf, outsideLimits } from './etcd-version.ts';
import { packagePrefix } from './reasons/target-in-words.ts';

/** Where a change of etcd's version goes: to a release, or to the package of each machine's system (`version` null). */
export interface EtcdTarget {
  readonly minor: string;
  readonly version: string | null;
}

/** Reads a target as operators and the API write it: `3.6.14`, or `package:3.6`. Pure. */
export function targetOf(to: string): EtcdTarget {
  if (to.startsWith(packagePrefix)) return { minor: to.slice(packagePrefix.length), version: null };
  return { minor: minorOf(to), version: to };
}

/** The packages with an etcd of this minor version, as {@link targetOf} reads them. */
export function packagesOf(minor: string): string {
  return `${packagePrefix}${minor}`;
}

/**
 * The target of the upgrade that brings members of this minor version to the installed etcd, as the only fact of a reason; none where the
 * installed one is not later, or is unknown to this version of Picket.
 */
export function wayUpTo(installed: string, minor: string): { readonly upgrade?: string } {
  const next = minorOf(installed);
  return outsideLimits(installed) === null && isEarlierMinor(minor, next) ? { upgrade: packagesOf(next) } : {};
}
