import type { Reason } from '@picket/shared/reasons/reason.ts';
import { withoutIncarnation } from '../controller/replacement/replacement.ts';
import { type NodeRecord, nameOf } from '../inventory/inventory.ts';
import type { ClusterProgress } from '../model/progress.ts';
import type { OperationSituation } from './operation.ts';
import { requireUnheard } from './require-unheard.ts';

/**
 * The progress after this node gives way to another machine (R3, R4). Throws `member_heard` while it may still run,
 * `replace_refused` and `etcd_authentication_on`. Pure.
 */
export function vacate(situation: OperationSituation, node: NodeRecord, why: Reason): ClusterProgress {
  const { progress, rests, decisions } = situation;
  const name = nameOf(node);
  // First, since it is judged as if the machine were off. If the cluster waits after a restore, its incarnation comes from the
  // nodes' reports, never from the backup.
  const after = rests ? withoutIncarnation(progress, name, node.id) : decisions.vacated(situation, name, why);
  requireUnheard(situation, { nodeId: node.id, name }, 'member_heard');
  return after;
}
