import { isoTime } from '@picket/shared/iso-time.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { isCorruptRaised, presentComparison } from '../controller/corruption/present-comparison.ts';
import { databaseSizes } from '../controller/defragmentation/database-sizes.ts';
import { alarmedBy } from '../model/alarms.ts';
import { fullShare } from '../model/database-thresholds.ts';
import type { Situation } from '../model/situation.ts';
import { isRecent } from './recent.ts';

/** What an operator should know about the databases: one is full or damaged, or will be full. */
export function maintenanceNotices(situation: Situation): readonly Reason[] {
  const full = alarmedBy(situation, 'NOSPACE') ?? [];
  const recoveries = situation.progress.maintenance.recoveries.filter((at) => isRecent(at, situation.now));
  const notices: Reason[] = [];
  if (full.length > 0) notices.push(reason('database_full', { members: full }));
  if (isCorruptRaised(situation)) notices.push(...comparisonNotices(situation));
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

/** The proof of the last comparison and, if it names nobody, the ways out. */
function comparisonNotices({ spec, progress }: Situation): readonly Reason[] {
  const found = presentComparison(progress);
  if (found === null) return [];
  const { revision, hashes, unheard, finding } = found;
  const proof = reason('data_compared', { revision, hashes, unheard });
  if (finding !== 'undecided') return [proof];
  const { last } = progress.snapshots;
  const isBefore = last !== null && last.takenAt < (progress.corruption.since ?? 0);
  const before = isBefore ? { id: last.id, takenAt: isoTime(last.takenAt), by: last.by ?? null } : null;
  return [proof, reason('data_ways_out', { cluster: spec.name, before })];
}
