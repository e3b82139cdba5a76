import type { Reason } from '@picket/shared/reasons/reason.ts';
import { withoutLife } from '../controller/replacement/replacement.ts';
import { type NodeRecord, nameOf } from '../inventory/inventory.ts';
import type { ClusterProgress } from '../model/progress.ts';
import type { OperationSituation } from './operation.ts';
import { requireUnheard } from './require-unheard.ts';

/**
 * The progress once the machine of this node has to go for another (R3, R4). Throws `member_heard` while it may be there,
 * `replace_refused` and `etcd_authentication_on`. Pure.
 */
export function vacate(situation: OperationSituation, node: NodeRecord, why: Reason): ClusterProgress {
  const { progress, rests, decisions } = situation;
  const name = nameOf(node);
  // First, since it is judged as if the machine were off. Of one that rests after a restore what it lives is taken from
  // what nodes report, and never from the backup.
  const after = rests ? withoutLife(progress, name, node.id) : decisions.vacated(situation, name, why);
  requireUnheard(situation, { nodeId: node.id, name }, 'member_heard');
  return after;
}
