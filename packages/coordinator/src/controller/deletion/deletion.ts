import { reason } from '@picket/shared/reasons/reason.ts';
import type { NamedNode, NodeObservation } from '../../model/cluster-status.ts';
import type { Deletion } from '../../model/deletion-progress.ts';
import { hasApplied } from '../../model/health.ts';
import { nodeNames } from '../../model/member-names.ts';
import { act, agreed, type Opinion, waitFor } from '../../model/opinion.ts';
import { mayBeHeard } from '../../model/presence.ts';
import type { Situation } from '../../model/situation.ts';
import { snapshotRetryAfter } from '../../model/waits.ts';
import { hasFreshSnapshot, snapshots, whoTakesIt } from '../snapshots/snapshots.ts';

/**
 * Carries out an operator's order to delete the cluster: takes a last snapshot, ends every incarnation, lets each node go once it
 * has confirmed that its etcd is stopped, and frees the name. A deleted cluster does nothing else, and nobody founds it
 * again (R1). Pure.
 */
export function deletion(situation: Situation): Opinion {
  const order = situation.progress.deletion;
  if (order === null) return agreed;
  if (order.ended === null) {
    const waiting = order.wantsSnapshot ? lastSnapshot(situation, order) : null;
    return waiting ?? act({ kind: 'end-cluster', snapshot: takenFor(order, situation), nodes: memberNodes(situation) });
  }
  const [gone] = [...clientNodes(situation), ...memberNodes(situation).filter((one) => hasStopped(one, situation))];
  if (gone !== undefined) return act({ kind: 'let-go', nodeId: gone.nodeId, name: gone.name });
  const nodes = memberNodes(situation);
  const awaited = order.force ? nodes.filter((one) => mayConfirm(one, situation)) : nodes;
  if (!order.freed && awaited.length === 0) return act({ kind: 'free-name', filedAs: order.filedAs, nodes });
  return waitFor(...nodes.map(({ name, nodeId }) => toStop(name, nodeId, situation.status.nodes[name])));
}

/** The snapshot that was taken since the order, or without a quorum before it; null if there is none. */
function takenFor({ before, wantsSnapshot }: Deletion, { progress }: Situation): string | null {
  const { last, rescue } = progress.snapshots;
  return wantsSnapshot && last !== null && last.id !== before ? last.id : (rescue?.id ?? null);
}

/** The nodes of members, which have not confirmed that their etcd is stopped. */
export function memberNodes({ spec, status }: Pick<Situation, 'spec' | 'status'>): readonly NamedNode[] {
  return nodeNames({ spec, status }).flatMap((name) => {
    const nodeId = status.nodes[name]?.nodeId;
    return nodeId === undefined ? [] : [{ name, nodeId }];
  });
}

export function clientNodes({ status }: Pick<Situation, 'status'>): readonly NamedNode[] {
  return Object.entries(status.clients).map(([name, { nodeId }]) => ({ name, nodeId }));
}

/**
 * By its own agent's report: it has carried out its last desired state, and runs no incarnation. Silence says nothing (R16).
 */
function hasStopped({ name }: NamedNode, { status: { nodes } }: Situation): boolean {
  const node = nodes[name];
  return node?.uncounted === undefined && hasApplied(node) && node?.status?.service.incarnation === null;
}

/** It reports, and nothing keeps it from its next desired state. */
function mayConfirm({ name }: NamedNode, { status: { nodes }, now }: Situation): boolean {
  const node = nodes[name];
  return node !== undefined && node.uncounted === undefined && mayBeHeard(node, now);
}

function toStop(member: string, nodeId: string, node: NodeObservation | undefined) {
  return reason('deleted_etcd_stops', {
    member,
    nodeId,
    obstacle: node?.uncounted ?? node?.status?.agent.waits[0] ?? null,
  });
}

/**
 * What a deletion waits for until a snapshot was taken, checked and stored since it was ordered, and some minutes ago at most; null once that
 * is so.
 * Unlike a snapshot before a change, this one is never given up: an operator orders the deletion without it. Pure.
 */
function lastSnapshot(situation: Situation, { before, name, by }: Deletion): Opinion | null {
  const { task, last, failure } = situation.progress.snapshots;
  if (last !== null && last.id !== before && hasFreshSnapshot(situation)) return null;
  const why = reason('cluster_deleted_by', { by });
  if (task !== null) {
    const { step } = snapshots(situation);
    return step === null ? waitFor(reason('takes_snapshot', { executor: task.executor, id: task.id, why })) : act(step);
  }
  const executor = whoTakesIt(situation);
  if (executor === null) return waitFor(reason('last_snapshot_needs_voter', { cluster: name }));
  if (failure !== null && Math.abs(situation.now - failure.at) < snapshotRetryAfter)
    return waitFor(reason('last_snapshot_failed', { cluster: name, failure: failure.reason }));
  return act({ kind: 'assign-snapshot', executor, why: reason('before', { why }) });
}
