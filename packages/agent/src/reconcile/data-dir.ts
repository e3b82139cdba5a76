import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import type { CurrentState } from '../model/model.ts';
import { isDown } from '../model/version-guard.ts';

/** What may be done with the data directory of one incarnation (R4). */
export type DataDir =
  | { readonly kind: 'to-make' }
  | { readonly kind: 'ready' }
  /** It existed and is gone: it is never made again. */
  | { readonly kind: 'lost'; readonly isEmpty: boolean }
  /** It exists, and this agent has no record of making it. */
  | { readonly kind: 'unknown' };

/** `to-make` for an incarnation on which etcd has never been started, even if a crashed attempt left its folder. */
export function dataDirOf(incarnation: string, current: Pick<CurrentState, 'journal' | 'dataDirs'>): DataDir {
  const folder = current.dataDirs[incarnation];
  const stage = current.journal.incarnations[incarnation];
  if (stage === undefined) return folder === undefined ? { kind: 'to-make' } : { kind: 'unknown' };
  switch (stage) {
    case 'making':
      return { kind: 'to-make' };
    case 'made':
      return folder === undefined ? { kind: 'lost', isEmpty: false } : { kind: 'ready' };
    case 'lived':
      if (folder === undefined) return { kind: 'lost', isEmpty: false };
      return folder === 'empty' ? { kind: 'lost', isEmpty: true } : { kind: 'ready' };
  }
}

/** Why etcd is not started, or must not be restarted, for the operator; null if the data exists. */
export function lostDataReason(
  incarnation: string,
  current: Pick<CurrentState, 'journal' | 'dataDirs' | 'service'>,
  dataRoot: string,
): Reason<'data_lost' | 'data_deleted'> | null {
  const dir = dataDirOf(incarnation, current);
  if (dir.kind !== 'lost') return null;
  const runs = !isDown(current) && current.journal.startedWith?.incarnation === incarnation;
  return reason(runs ? 'data_deleted' : 'data_lost', { path: `${dataRoot}/${incarnation}`, isEmpty: dir.isEmpty });
}

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
