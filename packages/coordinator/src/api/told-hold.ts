import type { HoldView } from '@picket/shared/protocol/clusters.ts';
import { told } from '@picket/shared/reasons/told.ts';
import type { UntoldHold } from '../status/hold-view.ts';

/** A hold with the words of why it ends. */
export function toldHold({ over, ...hold }: UntoldHold): HoldView {
  return { ...hold, ...(over && { over: told(over) }) };
}
