import type { Advisory } from './advisory.ts';
import { affects } from './affects.ts';
import { faults } from './faults.ts';

/** A fault that makes a defragmentation dangerous. */
export interface DefragmentationFault {
  readonly advisory: Advisory;
  /**
   * `never`: a crash during it damages data. `while-abreast`: only a snapshot from the leader during it does, and a member that has what the leader has
   * gets none.
   */
  readonly allowed: 'never' | 'while-abreast';
}

const dangers = [
  ['etcd-14733', 'never'],
  ['etcd-20271', 'while-abreast'],
] as const;

/** The worst danger of a defragmentation with this version of etcd; null: none is known. Pure. */
export function defragmentationFault(version: string): DefragmentationFault | null {
  for (const [id, allowed] of dangers) {
    const advisory = faults.find((one) => one.id === id);
    if (advisory !== undefined && affects(advisory, version)) return { advisory, allowed };
  }
  return null;
}
