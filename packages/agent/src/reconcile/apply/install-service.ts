import type { AgentStep } from '../../model/model.ts';
import type { ExecutionContext } from './execution.ts';

/** Puts the service's definition in place. An etcd that runs goes on as it is (R2). */
export async function installService(
  { altered }: Extract<AgentStep, { kind: 'install-service' }>,
  { host, unit, log }: ExecutionContext,
): Promise<void> {
  await host.init.install(unit);
  if (altered.length > 0) log.warn({ altered }, 'the service that runs etcd had been changed; it was put back');
}
