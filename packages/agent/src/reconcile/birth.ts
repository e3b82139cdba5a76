import type { CurrentState } from '../model/model.ts';

/** A single etcd elects itself within a few seconds; a slow card may need more. In milliseconds. */
const birthMs = 60_000;

/** True if etcd has had enough time, and its write-ahead log still shows that nothing was ever committed. */
export function isStillborn(current: Born & Pick<CurrentState, 'dataDirs'>): boolean {
  const incarnation = current.journal.startedWith?.incarnation;
  return incarnation !== undefined && current.dataDirs[incarnation] === 'unborn' && isSilentSinceBirth(current);
}

/** True if etcd has had enough time, and has never answered in this incarnation. */
export function isSilentSinceBirth({ journal, etcd, silence, monotonic }: Born): boolean {
  const { startedWith, incarnations } = journal;
  if (startedWith === null || incarnations[startedWith.incarnation] !== 'made' || etcd !== null) return false;
  return silence !== null && monotonic - silence.since >= birthMs;
}

type Born = Pick<CurrentState, 'journal' | 'etcd' | 'silence' | 'monotonic'>;
