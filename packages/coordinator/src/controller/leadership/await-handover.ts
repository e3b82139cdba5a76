import { reason } from '@picket/shared/reasons/reason.ts';
import { maintenanceEnd } from '../../model/maintenance-end.ts';
import { act, agreed, hold, type Opinion } from '../../model/opinion.ts';
import type { Situation } from '../../model/situation.ts';
import { leaseSeconds } from '../../model/waits.ts';

/** Waits until the leader has handed over, has refused to, or can no longer begin. Nothing else begins meanwhile. */
export function awaitHandover(situation: Situation): Opinion {
  const { leaderMove } = situation.progress;
  if (leaderMove === null) return agreed;
  const { member, executor } = leaderMove;
  const end = maintenanceEnd(situation, leaderMove, leaseSeconds);
  if (end === null) return hold(reason('hands_over', { member, executor }));
  return act({ kind: 'record-handover', member, executor, outcome: end.outcome, reason: end.why });
}
