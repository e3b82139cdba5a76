import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { databaseSizes } from '../controller/defragmentation/database-sizes.ts';
import { alarmedBy } from '../controller/space/full-databases.ts';
import { fullShare } from '../model/database-thresholds.ts';
import type { Situation } from '../model/situation.ts';
import { isRecent } from './recent.ts';

/** What an operator should know about the databases: one is full or damaged, or will be full. */
export function maintenanceNotices(situation: Situation): readonly Reason[] {
  const full = alarmedBy(situation, 'NOSPACE') ?? [];
  const corrupt = alarmedBy(situation, 'CORRUPT') ?? [];
  const recoveries = situation.progress.maintenance.recoveries.filter((at) => isRecent(at, situation.now));
  const notices: Reason[] = [];
  if (full.length > 0) notices.push(reason('database_full', { members: full }));
  if (corrupt.length > 0) notices.push(reason('data_differs', { members: corrupt }));
  if (recoveries.length > 1) notices.push(reason('often_full', { times: recoveries.length }));
  if (full.length > 0) return notices;
  const near = databaseSizes(situation).filter(({ bytes, quotaBytes }) => bytes >= quotaBytes * fullShare);
  return [
    ...notices,
    ...near.map(({ member, bytes, inUseBytes, quotaBytes }) =>
      reason('near_quota', { member, bytes, inUseBytes, quotaBytes }),
    ),
  ];
}
