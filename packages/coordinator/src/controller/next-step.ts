import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';
import type { Reason } from '@picket/shared/reasons/reason.ts';
import { configuration, trialConfiguration } from './configuration.ts';
import { defragmentation } from './defragmentation.ts';
import { formation } from './formation.ts';
import { membership } from './membership.ts';
import type { ClusterProgress, ClusterStatus, Decision, Instant, Opinion, Situation } from './model.ts';
import { outOfSpace } from './out-of-space.ts';
import { permits } from './permits.ts';
import { retirement } from './retired-lives.ts';
import { safety } from './safety.ts';
import { snapshots } from './snapshots.ts';
import { version } from './version.ts';

/** In the order that they matter: an earlier concern that acts or blocks keeps the later ones from acting. */
const concerns: readonly ((situation: Situation) => Opinion)[] = [
  safety,
  formation,
  version,
  snapshots,
  trialConfiguration,
  outOfSpace,
  membership,
  permits,
  configuration,
  defragmentation,
  retirement,
];

/**
 * What to set going next in one cluster, or why nothing is. Pure: the same arguments, the same answer; `now` is
 * the coordinator's clock in milliseconds.
 */
export function nextStep(spec: ClusterSpec, status: ClusterStatus, progress: ClusterProgress, now: Instant): Decision {
  const situation: Situation = { spec, status, progress, now };
  const waits: Reason[] = [];
  for (const concern of concerns) {
    const opinion = concern(situation);
    waits.push(...opinion.waits);
    if (opinion.step !== null) return { step: opinion.step, waits };
    if (opinion.blocks) break;
  }
  return { step: null, waits };
}
