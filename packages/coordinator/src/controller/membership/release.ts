import { hasApplied } from '../../model/health.ts';
import { act, agreed, type Opinion } from '../../model/opinion.ts';
import { mayBeHeard } from '../../model/presence.ts';
import type { Situation } from '../../model/situation.ts';

/**
 * The node of a member that operators have taken out of the spec is evicted once etcd has no such member, and the node has
 * put its data away: until then it must hear that its life is over (R4), and that it is released. One that has lived no
 * life and is not heard has nothing to put away. After that the machine can join again. Pure.
 */
export function release(situation: Situation): Opinion {
  const { progress, status } = situation;
  const member = Object.keys(progress.departing)
    .sort()
    .find((name) => progress.members[name] === undefined && mayGo(name, situation));
  if (member === undefined) return agreed;
  return act({ kind: 'release-node', member, nodeId: status.nodes[member]?.nodeId ?? null });
}

function mayGo(name: string, { progress, status, now }: Situation): boolean {
  const node = status.nodes[name];
  if (node === undefined) return true;
  const keeps = progress.retired.some((life) => life.nodeId === node.nodeId);
  const awaited = node.uncounted === undefined && mayBeHeard(node, now) && !hasApplied(node);
  return !keeps && !awaited;
}
