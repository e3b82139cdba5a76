import type { Reason } from '@picket/shared/reasons/reason.ts';
import type { Situation } from '../model/situation.ts';
import { ofEach } from './concerns.ts';
import { stillUnderWay } from './membership/withdrawn-mutations.ts';

/**
 * What is under way in the cluster, so that an order of an operator must not begin beside it (R2, R3); null if nothing. What was
 * withdrawn, and may still happen, comes last.
 */
export function underWay(situation: Situation): Reason | null {
  const reasons = ofEach(({ busy }) => busy?.(situation) ?? null);
  return [...reasons, ...stillUnderWay(situation)].find((why) => why !== null) ?? null;
}
