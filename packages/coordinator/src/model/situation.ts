import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';
import type { ClusterStatus, NodeObservation } from './cluster-status.ts';
import type { Instant } from './instant.ts';
import type { ClusterProgress } from './progress.ts';

/** The input of every decision. */
export interface Situation {
  readonly spec: ClusterSpec;
  readonly status: ClusterStatus;
  readonly progress: ClusterProgress;
  readonly now: Instant;
}

/** The situation with this change of what is known of the member's node, if it has one. */
export function withNode(
  situation: Situation,
  name: string,
  change: (node: NodeObservation) => NodeObservation,
): Situation {
  const { status } = situation;
  const node = status.nodes[name];
  if (node === undefined) return situation;
  return { ...situation, status: { ...status, nodes: { ...status.nodes, [name]: change(node) } } };
}

/** The situation after the machine of this member was switched off. */
export function asIfOff(situation: Situation, name: string): Situation {
  return withNode(situation, name, ({ setAside: _reported, heardAt: _latest, unsureUntil: _since, ...node }) => ({
    ...node,
    receivedAt: null,
    status: null,
  }));
}
