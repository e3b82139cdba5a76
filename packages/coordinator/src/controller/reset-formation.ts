import { failure } from '@picket/shared/errors.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import type { ClusterStatus } from '../model/cluster-status.ts';
import type { ClusterProgress } from '../model/progress.ts';
import { eachChanges } from './concerns.ts';

/**
 * Abandons a formation, by an operator's order: every incarnation so far is retired, and the next founding has a new nonce.
 * Throws `reset_refused` once a second voter may exist: from then on acknowledged writes may be on another member, and
 * a new founding would lose them (R1).
 */
export function resetFormation(progress: ClusterProgress, clusterName: string, status: ClusterStatus): ClusterProgress {
  const refuse = (why: Reason) => failure('reset_refused', { cluster: clusterName, reason: why });
  if (progress.formation === null && progress.restore === null) throw refuse(reason('nothing_founded'));
  if (progress.frozen !== null) throw refuse(reason('is_frozen', { why: progress.frozen }));
  if (progress.secondVoterPossible) throw refuse(reason('second_voter_possible'));
  const source = progress.restore ?? progress.formation?.from ?? null;
  if (source !== null) {
    const { snapshot } = source;
    // Once it has served, the snapshot is old: nobody is sent back to it (R19).
    const hasServed = progress.restore === null && progress.formation?.clusterId !== null;
    throw refuse(hasServed ? reason('has_served_since', { snapshot }) : reason('founded_of_snapshot', { snapshot }));
  }
  // Nothing of it is kept, so the next founder may be of any version.
  return { ...withoutIncarnations(progress, status), etcdMinor: null };
}

/** Every incarnation so far is retired, and nothing is founded. */
export function withoutIncarnations(progress: ClusterProgress, status: ClusterStatus): ClusterProgress {
  return eachChanges(progress, (concern, part) => concern.onReset?.(part, status));
}
