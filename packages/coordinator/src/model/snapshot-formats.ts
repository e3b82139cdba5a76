import { minorOf } from '@picket/shared/etcd-version.ts';

/**
 * Of which minor versions an etcd serves the data of a snapshot, by the minor version of the format of that data, and can be
 * upgraded from there. Each pair was tried with etcd 3.5.33, 3.6.14 and 3.7.1.
 */
const served: Readonly<Record<string, readonly string[]>> = {
  '3.5': ['3.5', '3.6', '3.7'],
  '3.6': ['3.5', '3.6', '3.7'],
  // 3.6 ends with `version "3.7.0" is not supported`. 3.5 does start, but neither 3.6 nor 3.7 starts with that data afterwards.
  '3.7': ['3.7'],
};

/** An etcdutl of each of these minor versions restored a snapshot of each format. */
const restoring: readonly string[] = ['3.5', '3.6', '3.7'];

/** What is known of an etcd and a snapshot; `untried` of a version that is not in the table. */
export type Fit = 'serves' | 'refuses' | 'untried';

/** Whether an etcd of this version serves a snapshot whose data has the format of this minor version. Pure. */
export function fitOf(format: string, etcdVersion: string): Fit {
  const minors = Object.hasOwn(served, format) ? served[format] : undefined;
  const minor = minorOf(etcdVersion);
  if (minors === undefined || !Object.hasOwn(served, minor)) return 'untried';
  return minors.includes(minor) ? 'serves' : 'refuses';
}

/**
 * How well an etcdutl of this version restores a snapshot for an etcd: a higher number is better. The same minor version makes what that etcd
 * itself would write. `etcdVersion`: null if it is not known. Pure.
 */
export function toolRank(version: string | null, etcdVersion: string | null): number {
  if (version === null) return 0;
  if (etcdVersion !== null && minorOf(version) === minorOf(etcdVersion)) return 2;
  return restoring.includes(minorOf(version)) ? 1 : 0;
}
