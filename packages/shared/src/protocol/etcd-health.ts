import type { EtcdReport, NodeStatus } from './report.ts';

/**
 * Whether etcd serves as a voter, by its own status: it follows a leader, its health check passes, and it has just answered a
 * linearizable read.
 */
export function servesAsVoter({ leader, healthy, linearizableRead }: EtcdReport): boolean {
  return leader !== '0' && healthy && linearizableRead;
}

/**
 * Whether etcd has just answered a linearizable read, which proves that a quorum serves. An etcd with an alarm, or with its
 * authentication on, may answer one although it is not healthy.
 */
export function answersReads({ etcd, service }: Pick<NodeStatus, 'etcd' | 'service'>): boolean {
  return etcd?.linearizableRead === true || service.quorumRead === true;
}
