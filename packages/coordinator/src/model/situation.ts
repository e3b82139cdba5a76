import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';
import type { ClusterStatus } from './cluster-status.ts';
import type { Instant } from './instant.ts';
import type { ClusterProgress } from './progress.ts';

/** The input of every decision. */
export interface Situation {
  readonly spec: ClusterSpec;
  readonly status: ClusterStatus;
  readonly progress: ClusterProgress;
  readonly now: Instant;
}

/** The situation after the machine of this member was switched off. */
export function asIfOff(situation: Situation, name: string): Situation {
  const { nodes } = situation.status;
  if (nodes[name] === undefined) return situation;
  const { setAside: _reported, heardAt: _latest, unsureUntil: _since, ...node } = nodes[name];
  const silent = { ...node, receivedAt: null, status: null };
  return { ...situation, status: { ...situation.status, nodes: { ...nodes, [name]: silent } } };
}
