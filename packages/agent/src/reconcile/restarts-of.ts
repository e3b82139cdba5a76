import type { ServiceState } from '../host/host.ts';

/** How often etcd was restarted after an unexpected end; null if the service has no count. */
export function restartsOf(service: ServiceState): number | null {
  return service.kind === 'running' || service.kind === 'crashed' ? service.restarts : null;
}
