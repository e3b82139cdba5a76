import type { HoldView } from '@picket/shared/protocol/clusters.ts';
import type { WithoutMessages } from '@picket/shared/protocol/rendered.ts';
import { heldUntil, isHoldOver } from '../model/held.ts';
import type { Instant } from '../model/instant.ts';
import type { ClusterProgress } from '../model/progress.ts';

/** What is shown of the hold of this member; null if it is not held. */
export function holdView(
  { permit }: Pick<ClusterProgress, 'permit'>,
  member: string,
  now: Instant,
): WithoutMessages<HoldView> | null {
  if (permit?.hold === undefined || permit.member !== member) return null;
  const { by, changedBy, why, stop, taken, over } = permit.hold;
  const state = isHoldOver(permit, now) ? 'ends' : taken ? 'open' : 'begins';
  const changed = changedBy === undefined ? {} : { changedBy };
  return { state, by, ...changed, reason: why, until: heldUntil(permit), stop, ...(over && { over }) };
}
