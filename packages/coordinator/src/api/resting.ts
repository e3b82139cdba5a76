import { failure } from '@picket/shared/errors.ts';
import type { ApiDeps } from './deps.ts';

/**
 * Whoever has an old key of the node could use it, as long as nobody has said which machine it is (R5).
 * Throws `node_awaits_readoption`.
 */
export function refuseUntilTakenUp({ restoration }: Pick<ApiDeps, 'restoration'>, nodeId: string): void {
  if (restoration.awaits(nodeId)) throw failure('node_awaits_readoption', { nodeId });
}

/** A coordinator that may be behind gives no orders and takes no answers to those of before (R5). Throws `cluster_frozen`. */
export function refuseWhileFrozen({ executor }: Pick<ApiDeps, 'executor'>, cluster: string): void {
  const reason = executor.frozen(cluster);
  if (reason !== null) throw failure('cluster_frozen', { name: cluster, reason });
}

/** The same for one node. Throws `node_quarantined`, `state_not_rendered`. */
export function refuseWhileWithheld({ executor }: Pick<ApiDeps, 'executor'>, cluster: string, nodeId: string): void {
  const problem = executor.withheld(cluster, nodeId);
  if (problem !== null) throw problem;
}
