import type { BirthWatch, CurrentState } from './model.ts';

/** An etcd alone elects itself in a few seconds; a slow card may need some more, in milliseconds. */
const birthMs = 60_000;

/** Since when an etcd runs that does not answer, and in whose write-ahead log nothing was ever committed; else null. */
export function birthSeeing(
  before: BirthWatch | null,
  { journal, service, etcd, dataDirs, monotonic }: Pick<CurrentState, SeenOfABirth>,
): BirthWatch | null {
  const incarnation = journal.startedWith?.incarnation;
  if (incarnation === undefined || service.kind !== 'running' || etcd !== null) return null;
  if (dataDirs[incarnation] !== 'unborn') return null;
  return before?.incarnation === incarnation ? before : { incarnation, since: monotonic };
}

type SeenOfABirth = 'journal' | 'service' | 'etcd' | 'dataDirs' | 'monotonic';

/** Whether it has had its time. */
export function isStillborn({ birth, monotonic }: Pick<CurrentState, 'birth' | 'monotonic'>): boolean {
  return birth !== null && monotonic - birth.since >= birthMs;
}
