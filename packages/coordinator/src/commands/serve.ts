import { failure } from '@picket/shared/errors.ts';
import type { FastifyBaseLogger } from 'fastify';
import type { Config } from '../config.ts';
import type { Failpoint } from '../failpoints.ts';
import { type Coordinator, openCoordinator } from '../open-coordinator.ts';

/** How often to look for what time alone makes due: a report that does not come, a permit that lapses. */
const tickMs = 2_000;

export interface ServeDeps {
  readonly config: Config;
  readonly now: () => number;
  readonly failpoint: Failpoint;
  readonly log: FastifyBaseLogger;
  readonly signal: AbortSignal;
  readonly installFolder?: string;
  /** See `CoordinatorDeps`. */
  readonly acceptClock?: boolean;
}

/** Serves until the signal fires. Throws `cannot_listen` and what `openCoordinator` throws. */
export async function serve({ signal, ...deps }: ServeDeps): Promise<void> {
  const { config, log } = deps;
  const coordinator = await openCoordinator(deps);
  try {
    await listen(coordinator, config);
    log.info({ inventory: coordinator.inventory.id, port: config.port, hosts: config.hosts }, 'the coordinator serves');
    await tickUntil(coordinator, log, signal);
  } finally {
    await coordinator.close();
  }
}

async function listen({ app }: Coordinator, { listenAddress, port }: Config): Promise<void> {
  try {
    await app.listen({ host: listenAddress, port });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'EADDRINUSE' && code !== 'EADDRNOTAVAIL' && code !== 'EACCES') throw error;
    throw failure('cannot_listen', { address: listenAddress, port, reason: message }, { cause: error });
  }
}

async function tickUntil(coordinator: Coordinator, log: FastifyBaseLogger, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await coordinator.tick();
    } catch (error) {
      log.error({ err: error }, 'a tick failed; the next one tries again');
    }
    await new Promise<void>((resolve) => {
      const timer = setTimeout(finish, tickMs);
      function finish(): void {
        clearTimeout(timer);
        signal.removeEventListener('abort', finish);
        resolve();
      }
      signal.addEventListener('abort', finish);
      if (signal.aborted) finish();
    });
  }
}
