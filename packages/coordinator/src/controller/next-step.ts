import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';
import type { Reason } from '@picket/shared/reasons/reason.ts';
import type { ClusterStatus } from '../model/cluster-status.ts';
import type { Instant } from '../model/instant.ts';
import type { Decision } from '../model/opinion.ts';
import type { ClusterProgress } from '../model/progress.ts';
import type { Situation } from '../model/situation.ts';
import { deciders } from './concerns.ts';

/**
 * The next step in one cluster, or why there is none. Pure: the same arguments, the same answer; `now` is the
 * coordinator's clock in milliseconds.
 */
export function nextStep(spec: ClusterSpec, status: ClusterStatus, progress: ClusterProgress, now: Instant): Decision {
  const situation: Situation = { spec, status, progress, now };
  const waits: Reason[] = [];
  for (const decide of deciders) {
    const opinion = decide(situation);
    waits.push(...opinion.waits);
    if (opinion.step !== null) return { step: opinion.step, waits };
    if (opinion.blocks) break;
  }
  return { step: null, waits };
}
