import type { ServiceState } from '../host/host.ts';

/** How often etcd was started again after it had ended unasked; null while the service tells no count. */
export function restartsOf(service: ServiceState): number | null {
  return service.kind === 'running' || service.kind === 'crashed' ? service.restarts : null;
}
