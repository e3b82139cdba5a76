import type { NodeObservation } from '../../model/cluster-status.ts';
import { reachable } from '../../model/health.ts';
import { nodeNames } from '../../model/member-names.ts';
import { mostUnknownLives } from '../../model/most-kept.ts';
import { act, type Opinion } from '../../model/opinion.ts';
import type { Situation } from '../../model/situation.ts';
import { unknownLife } from '../../model/unknown-life.ts';
import { freshFor } from '../../model/waits.ts';

/**
 * Retires a life that this coordinator does not know, so that its node can follow and enter again; null if there is
 * none.
 *
 * The caller has a list of members that a majority of the voters shows, and has recorded each member in it: so none of
 * them lives this life. The list may be as old as a report may be. So the node's etcd must have been down for longer
 * than that: nobody can have promoted it since the list was made (R3, R16).
 */
export function retireUnknownLife(situation: Situation): Opinion | null {
  const { progress, status, now } = situation;
  for (const member of nodeNames(situation)) {
    const node = status.nodes[member];
    const incarnation = unknownLife(member, situation);
    if (node === undefined || incarnation === null || progress.members[member] !== undefined) continue;
    const { nodeId } = node;
    const before = progress.retired.filter((life) => life.nodeId === nodeId && life.unknown === true);
    if (before.length < mostUnknownLives && isDown(node, now))
      return act({ kind: 'retire-life', member, incarnation, nodeId });
  }
  return null;
}

function isDown(node: NodeObservation, now: number): boolean {
  if (!node.status || !reachable(node, now).ok || node.status.etcd !== null) return false;
  return node.unhealthySince !== null && now - node.unhealthySince > freshFor;
}
