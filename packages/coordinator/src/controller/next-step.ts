import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';
import type { Reason } from '@picket/shared/reasons/reason.ts';
import type { ClusterStatus } from '../model/cluster-status.ts';
import type { Instant } from '../model/instant.ts';
import type { Decision, Opinion } from '../model/opinion.ts';
import type { ClusterProgress } from '../model/progress.ts';
import type { Situation } from '../model/situation.ts';
import { configuration, trialConfiguration } from './configuration/configuration.ts';
import { defragmentation } from './defragmentation/defragmentation.ts';
import { formation } from './formation/formation.ts';
import { membership } from './membership/membership.ts';
import { retirement } from './membership/retired-lives.ts';
import { permits } from './permits/permits.ts';
import { safety } from './safety/safety.ts';
import { snapshots } from './snapshots/snapshots.ts';
import { outOfSpace } from './space/out-of-space.ts';
import { version } from './version/version.ts';

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
