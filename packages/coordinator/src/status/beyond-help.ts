import type { Reason } from '@picket/shared/reasons/reason.ts';
import { keepsItFromLeaving } from '../controller/membership/departures.ts';
import { presentStatus, serving, voters } from '../model/health.ts';
import type { Situation } from '../model/situation.ts';

/** A voter that does not come back with its data. */
export interface BeyondHelp {
  readonly member: string;
  /** etcd's own words for its data; null if the data is gone. */
  readonly words: string | null;
  /** Why it cannot be replaced now; null if it can. */
  readonly obstacle: Reason | null;
}

/**
 * The voters whose own agent reports that the data of this very incarnation is gone, or that etcd cannot use it (R16), and that do
 * not leave yet. Pure.
 */
export function beyondHelp(situation: Situation): readonly BeyondHelp[] {
  return voters(situation).flatMap(([member, present]) => {
    const status = presentStatus(situation, member);
    if (status === null || present.leaving !== undefined) return [];
    const { incarnation, state, damage, dataDamage } = status.service;
    if (incarnation !== present.incarnation || serving(situation, member).ok) return [];
    const words = damage ?? dataDamage ?? null;
    if (state !== 'lost-data' && words === null) return [];
    return [
      { member, words: state === 'lost-data' ? null : words, obstacle: keepsItFromLeaving(situation, member, false) },
    ];
  });
}
