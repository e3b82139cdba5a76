import type { Orders } from '../model/concern.ts';
import type { ClusterProgress } from '../model/progress.ts';
import { ofEach } from './concerns.ts';

/** The orders for the node of this member. Pure. */
export function ordersTo(progress: ClusterProgress, member: string): Orders {
  return Object.assign({}, ...ofEach(({ orders }) => orders?.(progress, member)).toReversed());
}
