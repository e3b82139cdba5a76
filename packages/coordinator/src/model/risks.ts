import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { ailments, presentStatus, voters, withoutData } from './health.ts';
import { memberNames } from './member-names.ts';
import type { Situation } from './situation.ts';

/**
 * What speaks against a planned disruption of any member (R2): each voter that does not serve, that has not said so since
 * the coordinator was started, or that would not come back if its etcd ended; and each member of {@link heldAlone}.
 */
export function risks(situation: Situation): readonly Reason<'of_member'>[] {
  const doomed = withoutData(situation).map((member) =>
    reason('of_member', { member, why: reason('runs_without_data') }),
  );
  return [...ailments(situation), ...unheardNow(situation), ...doomed, ...heldAlone(situation)];
}

/**
 * The members whose agents report a hold without the coordinator, as earlier agents began them: root may reboot such a machine at
 * any moment, also while its etcd serves (R2). Not the members that leave: a report keeps no operator from taking its node out.
 */
export function heldAlone(situation: Situation): readonly Reason<'of_member'>[] {
  return memberNames(situation).flatMap((member) => {
    const incarnation = situation.progress.members[member];
    const isAlone = presentStatus(situation, member)?.service.held?.order?.alone !== undefined;
    return isAlone && incarnation !== undefined && incarnation.leaving === undefined
      ? [reason('of_member', { member, why: reason('held_alone') })]
      : [];
  });
}

/** Only the wall clock survives a process, and it may have been set meanwhile. */
function unheardNow(situation: Situation): readonly Reason<'of_member'>[] {
  return voters(situation).flatMap(([member]) =>
    situation.status.nodes[member]?.isStored === true
      ? [reason('of_member', { member, why: reason('not_reported_since_start') })]
      : [],
  );
}
