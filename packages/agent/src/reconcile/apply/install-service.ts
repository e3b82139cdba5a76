import type { AgentStep } from '../../model/model.ts';
import type { ExecutionContext } from './execution.ts';

/** Writes the service's definition. An etcd that runs is not restarted (R2). */
export async function installService(
  { altered }: Extract<AgentStep, { kind: 'install-service' }>,
  { host, unit, log }: ExecutionContext,
): Promise<void> {
  await host.init.install(unit);
  if (altered.length > 0)
    log.warn({ altered }, 'the definition of the etcd service was changed; the agent has restored it');
}
