import type { CurrentState } from './model.ts';

/** Whether the local etcd does what its place in the cluster asks of it. */
export function serves({ etcd }: Pick<CurrentState, 'etcd'>): boolean {
  return etcd !== null && etcd.leader !== '0' && (etcd.healthy || etcd.isLearner);
}
