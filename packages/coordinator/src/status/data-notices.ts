import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { keepsItFromLeaving } from '../controller/membership/departures.ts';
import { withoutData } from '../model/health.ts';
import type { Situation } from '../model/situation.ts';

/** The voters that serve without their data directory, and what an operator must do before their etcd ends. */
export function dataNotices(situation: Situation): readonly Reason[] {
  const { spec, progress } = situation;
  return withoutData(situation)
    .filter((member) => progress.members[member]?.leaving === undefined)
    .map((member) => {
      const obstacle = keepsItFromLeaving(situation, member, false);
      return reason('data_dir_missing', { cluster: spec.name, member, obstacle });
    });
}
