import type { ServiceState } from '../host/host.ts';
import type { Journal } from '../journal/journal.ts';
import type { Ailing, CurrentState, Silence } from './model.ts';

/** The facts about etcd that show whether it serves. */
export type Serving = Pick<CurrentState, 'etcd' | 'quorumRead'>;

/**
 * True if the local etcd does what its role in the cluster requires. An etcd that refuses its agent may serve too
 * (R16).
 */
export function serves({ etcd, quorumRead }: Serving): boolean {
  return quorumRead || saysItServes(etcd);
}

/** What etcd itself reports. A learner answers no linearizable read, on which etcd's health check is based. */
export function saysItServes(etcd: CurrentState['etcd']): boolean {
  return etcd !== null && etcd.leader !== '0' && (etcd.healthy || etcd.isLearner);
}

/**
 * The silence after this observation. null while etcd answers and follows a leader, healthy or not, and while none
 * runs.
 */
export function silenceSeeing(
  before: Silence | null,
  { service, monotonic, ...serving }: Serving & Pick<CurrentState, 'service' | 'monotonic'>,
): Silence | null {
  if (service.kind !== 'running' || takesPart(serving)) return null;
  return before?.pid === service.pid ? before : { pid: service.pid, since: monotonic };
}

/** The ailing etcd after this observation; null while it serves, and while none runs. */
export function ailingSeeing(
  before: Ailing | null,
  { service, monotonic, ...serving }: Serving & Pick<CurrentState, 'service' | 'monotonic'>,
): Ailing | null {
  if (service.kind !== 'running' || serves(serving)) return null;
  return before?.pid === service.pid ? before : { pid: service.pid, since: monotonic, readAt: null, facts: [] };
}

/** True if it answers and follows a leader: then a quorum may depend on it, whether it serves or not. */
export function takesPart({ etcd, quorumRead }: Serving): boolean {
  return quorumRead || (etcd !== null && etcd.leader !== '0');
}

/** How often etcd was restarted after an unexpected end; null if the service has no count. */
export function restartsOf(service: ServiceState): number | null {
  return service.kind === 'running' || service.kind === 'crashed' ? service.restarts : null;
}

/** True while an order for maintenance is being carried out: etcd answers nobody while it defragments. */
export function tendsDatabase({ lastMaintenance }: Pick<Journal, 'lastMaintenance'>): boolean {
  return lastMaintenance?.outcome === 'begun';
}
