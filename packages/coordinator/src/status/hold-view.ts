import type { HoldView } from '@picket/shared/protocol/clusters.ts';
import { heldUntil } from '../model/held.ts';
import type { ClusterProgress } from '../model/progress.ts';

/** What is shown of the hold of this member; null if it is not held. */
export function holdView({ permit }: Pick<ClusterProgress, 'permit'>, member: string): HoldView | null {
  if (permit?.hold === undefined || permit.member !== member) return null;
  const { by, why, stop, taken } = permit.hold;
  const state = permit.withdrawnAt !== null ? 'ends' : taken ? 'open' : 'begins';
  return { state, by, reason: why, until: heldUntil(permit), stop };
}
