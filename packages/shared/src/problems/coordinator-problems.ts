import { isoTimeOrNull } from '../iso-time.ts';
import { reason } from '../reasons/reason.ts';
import { alarm, type ProblemKind } from './problem-kind.ts';

const backupOldAfter = 8 * 86_400_000;
const leastFreeBytes = 512 * 1024 * 1024;

/** What is wrong with the coordinator itself. */
export const coordinatorProblems = {
  'backup-old': {
    subject: 'coordinator',
    alarm: alarm('warning', 60, 'no recent backup', 'back-up-the-coordinator'),
    ofCoordinator: ({ clusters, lastBackupAt }, now) =>
      clusters > 0 && now - (lastBackupAt ?? 0) > backupOldAfter
        ? reason('backup_is_old', { lastAt: isoTimeOrNull(lastBackupAt) })
        : null,
  },
  'store-disk-full': {
    subject: 'coordinator',
    alarm: alarm('critical', 5, 'disk nearly full', 'take-snapshots'),
    ofCoordinator: ({ freeBytes }) =>
      freeBytes !== null && freeBytes < leastFreeBytes ? reason('own_disk_nearly_full', { freeBytes }) : null,
  },
} as const satisfies Readonly<Record<string, ProblemKind>>;
