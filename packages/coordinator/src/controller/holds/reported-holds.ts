import { reachable } from '../../model/health.ts';
import { memberNames } from '../../model/member-names.ts';
import type { Situation } from '../../model/situation.ts';

/** A hold as the agent of the member reports it. */
export interface ReportedHold {
  readonly id: string;
  readonly member: string;
  readonly seconds: number;
  readonly stop: boolean;
  /** Root on its machine has held it without a coordinator; null if a coordinator has granted it. */
  readonly alone: { readonly why: string | null } | null;
}

/** The holds that agents have recently reported, of members that stay, and that have not ended as far as is known here. */
export function reportedHolds(situation: Situation): readonly ReportedHold[] {
  const { progress, status, now } = situation;
  return memberNames(situation).flatMap((member) => {
    const node = status.nodes[member];
    const life = progress.members[member];
    const held = node?.status?.service.held;
    if (life === undefined || life.leaving !== undefined || held?.order === undefined) return [];
    if (!reachable(node, now).ok) return [];
    if (progress.endedHolds[member] === held.permit) return [];
    const { seconds, stop, alone = null } = held.order;
    return [{ id: held.permit, member, seconds, stop, alone }];
  });
}
