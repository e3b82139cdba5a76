import { failure } from '@picket/shared/errors.ts';
import { happening } from '@picket/shared/events/event.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import { stillStanding } from '../controller/formation/still-standing.ts';
import { declaredLost } from '../controller/replacement/declare-lost.ts';
import { type MemberNode, nameOf } from '../inventory/inventory.ts';
import type { ClusterProgress } from '../model/progress.ts';
import type { Operation, OperationSituation } from './operation.ts';
import { requireUnheard } from './require-unheard.ts';

/**
 * Frees the name of a client, or of a node whose life as a member has not begun, so that another can join as it.
 * `lost`: an operator says that its machine or disk is lost (see `declaredLost`); then its life does not matter, and a
 * freeze does not prevent it. Throws `not_found`, `node_has_life`, `former_life_stands`. If it is lost, also
 * `node_heard` while it may still run, `node_may_serve` while etcd answers reads that it could not answer without one
 * of the lost, and `replace_refused`.
 */
export function evict(nodeId: string, { by, lost }: { readonly by: string; readonly lost: boolean }): Operation {
  return {
    decide(situation) {
      const node = situation.nodes.find(({ id, evictedAt }) => id === nodeId && evictedAt === null);
      if (node === undefined) throw failure('not_found', { what: 'node', name: nodeId });
      const name = nameOf(node);
      const evicted = happening('evict', { by, nodeId, kind: node.kind, name });
      const also = [{ kind: 'eviction', nodeId } as const];
      if (node.kind === 'client' || !lost) {
        if (node.kind === 'member') requireNoLife(node, situation);
        return { events: [evicted], also, result: undefined };
      }
      const progress = lostLife(node, situation, by);
      const said = progress === situation.progress ? [] : [happening('lost', { by, name, nodeId })];
      return { progress, events: [...said, evicted], also, result: undefined };
    },
  };
}

function lostLife(
  { id: nodeId, member: name }: MemberNode,
  situation: OperationSituation,
  by: string,
): ClusterProgress {
  requireUnheard(situation, { nodeId, name }, 'node_heard');
  return declaredLost(situation, name, nodeId, reason('said_lost', { by }));
}

/** Throws `node_has_life` for a member that etcd may know, and `former_life_stands`. */
function requireNoLife({ id: nodeId, member, cluster }: MemberNode, situation: OperationSituation): void {
  const life = situation.progress.members[member];
  if (life !== undefined) throw failure('node_has_life', { nodeId, member, cluster, phase: life.phase });
  if (stillStanding(situation).some((one) => one.nodeId === nodeId))
    throw failure('former_life_stands', { nodeId, member, cluster });
}
