import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import type { ClusterProgress } from '../../model/progress.ts';
import type { Situation } from '../../model/situation.ts';
import { takenBackFrom } from '../restore/restore.ts';
import { refusal, withLeaving } from './replacement.ts';

/**
 * The progress once an operator has said that somebody else controls the machine of this member. The incarnation is over, whatever
 * its phase: etcd is asked to remove it as soon as the remaining members can do without it (R3), also one of two voters,
 * and it never begins on another machine (R4). It is no evidence of lost data (R16). A freeze does not prevent this: it
 * publishes nothing. If the founder was to begin from a snapshot, that source becomes available again. Pure; throws
 * `replace_refused` for a founder that began empty: its formation is given up first.
 *
 * @param nodeId the node that is the member now
 */
export function declaredCompromised(situation: Situation, name: string, nodeId: string, why: Reason): ClusterProgress {
  const { spec, progress } = situation;
  const back = takenBackFrom(situation, name);
  if (back !== null) return back;
  const member = progress.members[name];
  // An earlier machine runs this incarnation, and this one has none.
  if (member === undefined || member.leaving?.machineGone === true) return progress;
  if (member.phase === 'founding') {
    throw refusal(situation, name, reason('founds_empty', { cluster: spec.name }));
  }
  return withLeaving(situation, name, { reason: why, force: true, machineGone: true, compromised: true, nodeId });
}
