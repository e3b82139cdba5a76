import { failure } from '@picket/shared/errors.ts';

const minimum = '3.5.0';
/** etcd 3.7 drops the `experimental-` keys of 3.5, and this version of Picket was not tried with it. */
const limit = '3.7.0';

/** Throws `etcd_too_old` or `etcd_too_new`. @param command installs a newer etcd here */
export function checkEtcdVersion(version: string, binary: string, command: string): void {
  if (isBefore(version, minimum)) throw failure('etcd_too_old', { binary, version, minimum, command });
  if (!isBefore(version, limit)) throw failure('etcd_too_new', { binary, version, limit });
}

/** Compares only the three numbers: `3.5.0-rc.1` counts as 3.5.0. */
function isBefore(version: string, other: string): boolean {
  const [left, right] = [version, other].map((text) => text.split(/[.+-]/, 3).map(Number));
  for (const index of [0, 1, 2]) {
    const difference = (left?.[index] ?? 0) - (right?.[index] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
