import { failure } from '@picket/shared/errors.ts';
import type { ApiDeps } from './deps.ts';

/**
 * Refuses a node that waits for re-adoption: until an operator has confirmed the machine, anyone with an old key of the
 * node could use it (R5). Throws `node_awaits_readoption`.
 */
export function refuseUntilReadopted({ restoration }: Pick<ApiDeps, 'restoration'>, nodeId: string): void {
  if (restoration.awaits(nodeId)) throw failure('node_awaits_readoption', { nodeId });
}

/**
 * A coordinator that may be behind gives no orders and accepts no results of earlier ones (R5). Throws
 * `cluster_frozen`.
 */
export function refuseWhileFrozen({ executor }: Pick<ApiDeps, 'executor'>, cluster: string): void {
  const reason = executor.frozen(cluster);
  if (reason !== null) throw failure('cluster_frozen', { cluster, reason });
}

/** As {@link refuseWhileFrozen}, and the same for this one node. Throws `node_quarantined`, `state_not_rendered`. */
export function refuseWhileWithheld(deps: Pick<ApiDeps, 'executor'>, cluster: string, nodeId: string): void {
  refuseWhileFrozen(deps, cluster);
  const problem = deps.executor.withheld(cluster, nodeId);
  if (problem !== null) throw problem;
}
