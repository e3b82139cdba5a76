import type { Orders } from '../model/concern.ts';
import type { ClusterProgress } from '../model/progress.ts';
import { ofEach } from './concerns.ts';

/** The orders for the node of this member. A later concern's order replaces an earlier one's. Pure. */
export function ordersTo(progress: ClusterProgress, member: string): Orders {
  return Object.assign({}, ...ofEach(({ orders }) => orders?.(progress, member)));
}
