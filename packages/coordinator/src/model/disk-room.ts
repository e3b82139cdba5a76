import { segmentBytes } from '@picket/shared/problems/machine-limits.ts';
import { presentStatus } from './health.ts';
import type { Situation } from './situation.ts';

/** etcd has one segment of its log in use, and allocates the next one beside it. */
const logBytes = 2 * segmentBytes;

/** The free space on the disk of a member's data, in bytes; null: it does not report that. */
export function freeBytesOf(situation: Situation, member: string): number | null {
  return presentStatus(situation, member)?.machine.disk?.freeBytes ?? null;
}

/**
 * What a member lacks for a second file of so many bytes beside its database, and for etcd's log, which ends etcd if it cannot grow. null:
 * it has that room, or does not report its free space.
 */
export function lackOfRoom(
  situation: Situation,
  member: string,
  bytes: number,
): { readonly member: string; readonly freeBytes: number; readonly neededBytes: number } | null {
  const freeBytes = freeBytesOf(situation, member);
  const neededBytes = bytes + logBytes;
  return freeBytes === null || freeBytes >= neededBytes ? null : { member, freeBytes, neededBytes };
}
