import { act, agreed, type Opinion } from '../../model/opinion.ts';
import type { Situation } from '../../model/situation.ts';

/**
 * The node of a member that operators have taken out of the spec is released once etcd has no such member, and the node
 * has put its data away: until then it must hear that its life is over (R4). It can join again after that. Pure.
 */
export function release({ progress, status }: Situation): Opinion {
  const member = Object.keys(progress.departing)
    .sort()
    .find((name) => {
      const nodeId = status.nodes[name]?.nodeId;
      const keeps = progress.retired.some((life) => nodeId !== undefined && life.nodeId === nodeId);
      return progress.members[name] === undefined && !keeps;
    });
  if (member === undefined) return agreed;
  return act({ kind: 'release-node', member, nodeId: status.nodes[member]?.nodeId ?? null });
}
