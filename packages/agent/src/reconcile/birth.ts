import type { CurrentState } from './model.ts';

/** An etcd alone elects itself in a few seconds; a slow card may need some more, in milliseconds. */
const birthMs = 60_000;

/** Whether etcd has had its time, and in its write-ahead log still nothing was ever committed. */
export function isStillborn({
  journal,
  dataDirs,
  etcd,
  silence,
  monotonic,
}: Pick<CurrentState, 'journal' | 'dataDirs' | 'etcd' | 'silence' | 'monotonic'>): boolean {
  const incarnation = journal.startedWith?.incarnation;
  if (incarnation === undefined || dataDirs[incarnation] !== 'unborn' || etcd !== null) return false;
  return silence !== null && monotonic - silence.since >= birthMs;
}
