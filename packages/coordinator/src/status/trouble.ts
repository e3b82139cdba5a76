import { isTroubled } from '@picket/shared/problems/catalogue.ts';
import type { Reason } from '@picket/shared/reasons/reason.ts';
import type { ClusterStatus } from './cluster-status.ts';

/** The sentence of a status that says that something is wrong; else null. A diagnosis has a cause for it (R19). Pure. */
export function troubleOf({ state, headline }: Pick<ClusterStatus, 'state' | 'headline'>): Reason | null {
  return isTroubled(state) ? headline : null;
}

/** For a deletion, every etcd is to stop, or has stopped. Until its last snapshot is taken, a cluster is judged like any other. Pure. */
export function isEnding({ headline: { code } }: Pick<ClusterStatus, 'headline'>): boolean {
  return code === 'being_deleted' || code === 'was_deleted';
}

/**
 * On what the judgement of etcd rests: the sentence of the status, or of a frozen cluster the sentence besides. null if etcd is not
 * judged now: every etcd is to stop for a deletion, or the coordinator listens. Pure.
 */
export function judgedBy({ headline }: Pick<ClusterStatus, 'headline'>): Reason | null {
  if (isEnding({ headline })) return null;
  const judged = headline.code === 'stays_frozen' ? headline.facts.besides : headline;
  // Until each node has had the time to report, nobody is silent.
  return judged === null || judged.code === 'still_listening' ? null : (judged as Reason);
}
