import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { keepsItFromLeaving } from '../controller/membership/departures.ts';
import { withoutData } from '../model/health.ts';
import type { Situation } from '../model/situation.ts';
import { beyondHelp } from './beyond-help.ts';

/**
 * The voters that serve without their data directory, and what an operator must do before their etcd ends; those whose etcd
 * cannot use its data.
 */
export function dataNotices(situation: Situation): readonly Reason[] {
  const { spec, progress } = situation;
  const cluster = spec.name;
  const unusable = beyondHelp(situation).flatMap(({ member, words, obstacle }) =>
    words === null ? [] : [reason('data_unusable', { cluster, member, words, obstacle })],
  );
  const missing = withoutData(situation)
    .filter((member) => progress.members[member]?.leaving === undefined)
    .map((member) => {
      const obstacle = keepsItFromLeaving(situation, member, false);
      return reason('data_dir_missing', { cluster, member, obstacle });
    });
  return [...missing, ...unusable];
}
