import type { CurrentState } from '../model/model.ts';

/** An etcd alone elects itself in a few seconds; a slow card may need some more, in milliseconds. */
const birthMs = 60_000;

/** Whether etcd has had its time, and in its write-ahead log still nothing was ever committed. */
export function isStillborn(current: Born & Pick<CurrentState, 'dataDirs'>): boolean {
  const incarnation = current.journal.startedWith?.incarnation;
  return incarnation !== undefined && current.dataDirs[incarnation] === 'unborn' && isSilentSinceBirth(current);
}

/** Whether etcd has had its time, and has never answered in this incarnation. */
export function isSilentSinceBirth({ journal, etcd, silence, monotonic }: Born): boolean {
  const { startedWith, incarnations } = journal;
  if (startedWith === null || incarnations[startedWith.incarnation] !== 'made' || etcd !== null) return false;
  return silence !== null && monotonic - silence.since >= birthMs;
}

type Born = Pick<CurrentState, 'journal' | 'etcd' | 'silence' | 'monotonic'>;
