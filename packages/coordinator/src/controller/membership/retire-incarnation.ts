import type { EtcdReport } from '@picket/shared/protocol/report.ts';
import type { NodeObservation } from '../../model/cluster-status.ts';
import { reachable } from '../../model/health.ts';
import { nodeNames } from '../../model/member-names.ts';
import { mostUnknownIncarnations } from '../../model/most-kept.ts';
import { act, type Opinion } from '../../model/opinion.ts';
import type { Situation } from '../../model/situation.ts';
import { unknownIncarnation } from '../../model/unknown-incarnation.ts';
import { freshFor } from '../../model/waits.ts';

/**
 * Retires an incarnation that this coordinator does not know, so that its node can follow and enter again; null if there is
 * none.
 *
 * The caller has a list of members that a majority of the voters shows, and has recorded each member in it: so none of
 * them runs this incarnation. The list may be as old as a report may be. So the node's etcd must have been down for longer
 * than that: nobody can have promoted it since the list was made (R3, R16). A learner of another cluster that sees no leader may run: so it
 * is where an operator has given up the formation since the backup, and the node has not heard of that.
 */
export function retireUnknownIncarnation(situation: Situation): Opinion | null {
  const { progress, status } = situation;
  for (const member of nodeNames(situation)) {
    const node = status.nodes[member];
    const incarnation = unknownIncarnation(member, situation);
    if (node === undefined || incarnation === null || progress.members[member] !== undefined) continue;
    const { nodeId } = node;
    const before = progress.retired.filter((one) => one.nodeId === nodeId && one.unknown === true);
    if (before.length < mostUnknownIncarnations && cannotVote(node, situation))
      return act({ kind: 'retire-incarnation', member, incarnation, nodeId });
  }
  return null;
}

function cannotVote(node: NodeObservation, { progress, now }: Situation): boolean {
  if (!node.status || !reachable(node, now).ok) return false;
  const { etcd } = node.status;
  if (etcd !== null && !isLeftBehind(etcd, progress.formation?.clusterId ?? null)) return false;
  return node.unhealthySince !== null && now - node.unhealthySince > freshFor;
}

/** It has no vote, gets none without a leader, and the voters of its cluster have what it has. */
function isLeftBehind({ clusterId, isLearner, leader }: EtcdReport, ours: string | null): boolean {
  return ours !== null && clusterId !== ours && isLearner && leader === '0';
}
