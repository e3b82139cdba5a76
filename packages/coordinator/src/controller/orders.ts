import type { Orders } from '../model/concern.ts';
import type { ClusterProgress } from '../model/progress.ts';
import { ofEach } from './concerns.ts';

/** What the node of this member is asked to do. A later concern's order stands in the place of an earlier one's. Pure. */
export function ordersTo(progress: ClusterProgress, member: string): Orders {
  return Object.assign({}, ...ofEach(({ orders }) => orders(progress, member)));
}
