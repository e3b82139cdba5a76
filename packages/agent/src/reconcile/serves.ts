import type { CurrentState, Silence } from './model.ts';

/** Whether the local etcd does what its place in the cluster asks of it. */
export function serves({ etcd }: Pick<CurrentState, 'etcd'>): boolean {
  return etcd !== null && etcd.leader !== '0' && (etcd.healthy || etcd.isLearner);
}

/** The silence after this look; null while etcd answers and follows a leader, well or not, and while none runs. */
export function silenceSeeing(
  before: Silence | null,
  { service, etcd, monotonic }: Pick<CurrentState, 'service' | 'etcd' | 'monotonic'>,
): Silence | null {
  if (service.kind !== 'running' || takesPart({ etcd })) return null;
  return before?.pid === service.pid ? before : { pid: service.pid, since: monotonic };
}

/** Whether it answers and follows a leader: then a quorum may rest on it, whether it serves or not. */
export function takesPart({ etcd }: Pick<CurrentState, 'etcd'>): boolean {
  return etcd !== null && etcd.leader !== '0';
}
