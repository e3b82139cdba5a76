import { leads } from './health.ts';
import type { Situation } from './situation.ts';

/** Learners first, as they serve nobody, then followers, the leader last (R6). */
export function restartRank(situation: Situation): (name: string) => 0 | 1 | 2 {
  return (name) => {
    if (situation.progress.members[name]?.phase !== 'voter') return 0;
    return leads(situation, name) ? 2 : 1;
  };
}
