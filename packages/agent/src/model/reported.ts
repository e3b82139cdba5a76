import { largestReason } from '@picket/shared/protocol/reason.ts';
import type { AnyReason } from '@picket/shared/reasons/reason.ts';
import { reasonWithin } from '@picket/shared/reasons/within.ts';

/** A reason as a report may hold it: its facts are cut where they would be too long. */
export function reported(why: AnyReason): AnyReason {
  return reasonWithin(why, largestReason);
}
