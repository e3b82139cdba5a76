import type { CurrentState, Silence } from './model.ts';

/** What etcd shows of whether it serves. */
export type Serving = Pick<CurrentState, 'etcd' | 'quorumRead'>;

/** Whether the local etcd does what its place in the cluster asks of it. One that refuses its agent may do that too (R16). */
export function serves({ etcd, quorumRead }: Serving): boolean {
  return quorumRead || saysItServes(etcd);
}

/** Whether etcd itself says so. A learner answers no linearizable read, which is what etcd's health is made of. */
export function saysItServes(etcd: CurrentState['etcd']): boolean {
  return etcd !== null && etcd.leader !== '0' && (etcd.healthy || etcd.isLearner);
}

/** The silence after this look; null while etcd answers and follows a leader, well or not, and while none runs. */
export function silenceSeeing(
  before: Silence | null,
  { service, monotonic, ...serving }: Serving & Pick<CurrentState, 'service' | 'monotonic'>,
): Silence | null {
  if (service.kind !== 'running' || takesPart(serving)) return null;
  return before?.pid === service.pid ? before : { pid: service.pid, since: monotonic };
}

/** Whether it answers and follows a leader: then a quorum may rest on it, whether it serves or not. */
export function takesPart({ etcd, quorumRead }: Serving): boolean {
  return quorumRead || (etcd !== null && etcd.leader !== '0');
}
