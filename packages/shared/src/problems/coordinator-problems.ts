import { isoTimeOrNull } from '../iso-time.ts';
import { durationOf } from '../reasons/durations.ts';
import { reason } from '../reasons/reason.ts';
import { megabytes } from '../reasons/sizes.ts';
import { alarm, type ProblemKind } from './problem-kind.ts';

const backupOldAfter = 8 * 86_400_000;
const leastFreeBytes = 512 * 1024 * 1024;

/** What is wrong with the coordinator itself. */
export const coordinatorProblems = {
  'backup-old': {
    subject: 'coordinator',
    alarm: alarm('warning', 60, 'no recent backup', 'back-up-the-coordinator'),
    shownBy: ['backup_is_old'],
    limit: `no backup for ${durationOf(backupOldAfter)}`,
    ofCoordinator: ({ clusters, lastBackupAt }, now) =>
      clusters > 0 && now - (lastBackupAt ?? 0) > backupOldAfter
        ? reason('backup_is_old', { lastAt: isoTimeOrNull(lastBackupAt) })
        : null,
  },
  'backup-failing': {
    subject: 'coordinator',
    alarm: alarm('warning', 60, 'a backup cannot be stored', 'back-up-the-coordinator'),
    shownBy: ['backup_fails'],
    limit: 'the last attempt failed',
    ofCoordinator: ({ backupFailures: [first, ...others] }) =>
      first === undefined
        ? null
        : reason('backup_fails', { targets: [first, ...others].map(({ target }) => target), why: first.reason }),
  },
  'store-disk-full': {
    subject: 'coordinator',
    alarm: alarm('critical', 5, 'disk nearly full', 'take-snapshots'),
    shownBy: ['own_disk_nearly_full'],
    limit: `less than ${megabytes(leastFreeBytes)} free`,
    ofCoordinator: ({ freeBytes }) =>
      freeBytes !== null && freeBytes < leastFreeBytes ? reason('own_disk_nearly_full', { freeBytes }) : null,
  },
} as const satisfies Readonly<Record<string, ProblemKind>>;
