import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import type { Claim } from '../../model/claims.ts';
import type { NodeObservation } from '../../model/cluster-status.ts';
import { nodeNames } from '../../model/member-names.ts';
import { act, type Opinion, waitFor } from '../../model/opinion.ts';
import type { Situation } from '../../model/situation.ts';
import { foreignCluster } from './foreign-cluster.ts';
import { type Observed, quarantine } from './quarantine.ts';

/**
 * Does nothing in a cluster whose coordinator may not have the latest word (R5): a node follows what this coordinator
 * has not published, and a seal proves it. An unproven claim counts only against the node that makes it.
 */
export function safety(situation: Situation): Opinion {
  const { frozen, provenBehind } = situation.progress;
  const observed = observations(situation);
  for (const { name, node } of provenBehind === null ? observed : []) {
    if (node.claim?.proven !== true) continue;
    const { proven: _, ...followed } = node.claim;
    return act({ kind: 'freeze', reason: proven(name, node.claim, node), by: { nodeId: node.nodeId, ...followed } });
  }
  if (frozen !== null) return waitFor(reason('cluster_frozen', { why: frozen }));
  const judged = quarantine(situation, observed);
  // A claim against one node waits for nothing that concerns the cluster.
  return judged.step === null ? (foreignCluster(situation) ?? judged) : judged;
}

/** A client node has also seen what the coordinator published, and knows if that went back. */
function observations({ spec, status }: Situation): readonly Observed[] {
  const members = nodeNames({ spec, status }).map((name) => ({ name, node: status.nodes[name] }));
  const clients = Object.entries(status.clients).map(([name, node]) => ({ name, node }));
  return [...members, ...clients].flatMap(({ name, node }) => (node === undefined ? [] : [{ name, node }]));
}

function proven(member: string, claim: Claim, { generation, inventory, epoch }: NodeObservation): Reason {
  if (claim.inventory !== inventory)
    return reason('follows_other_inventory', { member, inventory: claim.inventory, own: inventory });
  if (claim.epoch !== null && claim.epoch.name !== epoch?.name && claim.epoch.number >= (epoch?.number ?? 0))
    return reason('follows_later_epoch', { member, ...claim.epoch });
  if (claim.generation <= generation)
    return reason('follows_other_generation', { member, generation: claim.generation });
  return reason('follows_later_generation', { member, generation: claim.generation, published: generation });
}
