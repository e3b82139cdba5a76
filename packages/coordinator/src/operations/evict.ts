import { failure } from '@picket/shared/errors.ts';
import { happening } from '@picket/shared/events/event.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { stillStanding } from '../controller/formation/still-standing.ts';
import { keepsItFromLeaving } from '../controller/membership/departures.ts';
import { declaredCompromised } from '../controller/replacement/declare-compromised.ts';
import { declaredLost } from '../controller/replacement/declare-lost.ts';
import { type MemberNode, type NodeRecord, nameOf } from '../inventory/inventory.ts';
import { withoutKey } from '../model/mapped.ts';
import type { ClusterProgress } from '../model/progress.ts';
import type { Operation, OperationSituation } from './operation.ts';
import { requireUnheard } from './require-unheard.ts';

/** What an operator says of the machine of a node that is evicted. */
export type Eviction = 'lost' | 'compromised' | null;

export interface Evicted {
  /** Why etcd must not be asked yet to remove the member; null if it may, and if there is none. */
  readonly obstacle: Reason | null;
}

/**
 * Frees the name of a client, or of a node whose incarnation as a member has not begun, so that another can join as it.
 * `lost`: an operator says that its machine or disk is lost (see `declaredLost`); `compromised`: that somebody else controls
 * it (see `declaredCompromised`), and then each join token that it may know ends too. Then its incarnation does not matter, and a
 * freeze does not prevent it. Throws `not_found`, `already_so`, `node_has_incarnation`, `former_incarnation_stands`. If it is lost, also
 * `node_heard` while it may still run, `node_may_serve` while etcd answers reads that it could not answer without one
 * of the lost. If it is lost or compromised, also `replace_refused`.
 */
export function evict(
  nodeId: string,
  { by, says }: { readonly by: string; readonly says: Eviction },
): Operation<Evicted> {
  return {
    decide(situation) {
      const node = situation.nodes.find(({ id }) => id === nodeId);
      // Of a machine that somebody else controls, more ends than its identity.
      if (node !== undefined && node.evictedAt !== null && says !== 'compromised')
        throw failure('already_so', { reason: reason('evicted_already', { nodeId }) });
      if (node === undefined || node.evictedAt !== null) throw failure('not_found', { what: 'node', name: nodeId });
      const name = nameOf(node);
      const evicted = happening('evict', { by, nodeId, kind: node.kind, name });
      const endsTokens = says === 'compromised' ? ({ endsTokens: true } as const) : {};
      const also = [{ kind: 'eviction', nodeId, ...endsTokens } as const];
      if (says === null && node.kind === 'member') requireNoIncarnation(node, situation);
      const progress = node.kind === 'member' ? withoutNode(node, situation, by, says) : situation.progress;
      const hasSaid = says === 'compromised' || progress !== situation.progress;
      const said = says !== null && hasSaid ? [happening(says, { by, name, nodeId })] : [];
      const after = progress === situation.progress ? {} : { progress };
      return {
        ...after,
        events: [...said, evicted],
        also,
        result: { obstacle: obstacleTo(node, situation, progress) },
      };
    },
  };
}

function withoutNode(
  { id: nodeId, member: name }: MemberNode,
  situation: OperationSituation,
  by: string,
  says: Eviction,
): ClusterProgress {
  if (says === null) return situation.progress;
  if (says === 'compromised') return declaredCompromised(situation, name, nodeId, reason('said_compromised', { by }));
  requireUnheard(situation, { nodeId, name }, 'node_heard');
  return declaredLost(situation, name, nodeId, reason('said_lost', { by }));
}

function obstacleTo(node: NodeRecord, situation: OperationSituation, progress: ClusterProgress): Reason | null {
  if (node.kind === 'client') return null;
  const nodes = withoutKey(situation.status.nodes, node.member);
  const after = { ...situation, progress, status: { ...situation.status, nodes } };
  return keepsItFromLeaving(after, node.member, progress.members[node.member]?.leaving?.force === true);
}

/** Throws `node_has_incarnation` for a member that etcd may know, and `former_incarnation_stands`. */
function requireNoIncarnation({ id: nodeId, member, cluster }: MemberNode, situation: OperationSituation): void {
  const incarnation = situation.progress.members[member];
  if (incarnation !== undefined)
    throw failure('node_has_incarnation', { nodeId, member, cluster, phase: incarnation.phase });
  if (stillStanding(situation).some((one) => one.nodeId === nodeId))
    throw failure('former_incarnation_stands', { nodeId, member, cluster });
}
