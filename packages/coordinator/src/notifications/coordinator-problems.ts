import { isoTimeOrNull } from '@picket/shared/iso-time.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import type { Instant } from '../model/instant.ts';
import { type Problem, problemOf } from './problem.ts';

/** What the coordinator knows of itself. */
export interface OwnSituation {
  readonly clusters: number;
  readonly lastBackupAt: Instant | null;
  /** Of the disk with the store; null if it cannot be read. */
  readonly freeBytes: number | null;
}

const backupOldAfter = 8 * 86_400_000;
const leastFreeBytes = 512 * 1024 * 1024;

/** What is wrong with the coordinator itself. Pure. */
export function coordinatorProblems({ clusters, lastBackupAt, freeBytes }: OwnSituation, now: Instant): Problem[] {
  const problems: Problem[] = [];
  if (clusters > 0 && now - (lastBackupAt ?? 0) > backupOldAfter) {
    const why = reason('backup_is_old', { lastAt: isoTimeOrNull(lastBackupAt) });
    problems.push(problemOf({ rule: 'backup-old', cluster: null, name: null, why }));
  }
  if (freeBytes !== null && freeBytes < leastFreeBytes) {
    const why = reason('own_disk_nearly_full', { freeBytes });
    problems.push(problemOf({ rule: 'store-disk-full', cluster: null, name: null, why }));
  }
  return problems;
}
