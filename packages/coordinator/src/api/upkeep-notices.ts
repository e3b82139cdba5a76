import { megabytes } from '@picket/shared/sizes.ts';
import { alarmedBy, databaseSizes } from '../controller/database-sizes.ts';
import { fullShare } from '../controller/limits.ts';
import type { Situation } from '../controller/model.ts';

/** Whether etcd itself has raised an alarm: then it does not do all that it should. */
export function isAlarmed(situation: Situation): boolean {
  return (['NOSPACE', 'CORRUPT'] as const).some((alarm) => (alarmedBy(situation, alarm) ?? []).length > 0);
}

/** What an operator should know of the databases: that one is full or damaged, or will be full. */
export function upkeepNotices(situation: Situation): string[] {
  const full = alarmedBy(situation, 'NOSPACE') ?? [];
  const corrupt = alarmedBy(situation, 'CORRUPT') ?? [];
  const { recoveries } = situation.progress.upkeep;
  const notices: string[] = [];
  if (full.length > 0) {
    notices.push(
      `The database of ${full.join(', ')} is full (NOSPACE): etcd takes no writes but deletions. Room is made by steps; ` +
        'what they wait for stands above.',
    );
  }
  if (corrupt.length > 0) {
    notices.push(
      `${corrupt.join(', ')}: etcd has found that its data differs from that of the others (CORRUPT). This alarm is never ` +
        'disarmed by itself. Take no step that you cannot undo; see “A damaged database” in docs/operating.md.',
    );
  }
  if (recoveries.length > 1) {
    notices.push(
      `The database was full ${recoveries.length} times within a day: raise quotaBackendBytes, or have history dropped ` +
        'sooner by a shorter autoCompactionRetention.',
    );
  }
  if (full.length > 0) return notices;
  const near = databaseSizes(situation).filter(({ bytes, quotaBytes }) => bytes >= quotaBytes * fullShare);
  for (const { member, bytes, inUseBytes, quotaBytes } of near) {
    notices.push(
      `${member}: its database has ${megabytes(bytes)} of the ${megabytes(quotaBytes)} that it may have, ` +
        `${megabytes(inUseBytes)} of them in use; at the quota etcd takes no writes.`,
    );
  }
  return notices;
}
