import { setTimeout as sleep } from 'node:timers/promises';
import { failure } from '@picket/shared/errors.ts';
import type { FastifyBaseLogger } from 'fastify';
import { serveBackups, type WithArchive } from '../backup/backup-socket.ts';
import type { Config } from '../config/config.ts';
import { listenAt } from '../connections/listen.ts';
import type { Failpoint } from '../model/failpoints.ts';
import { type Coordinator, openCoordinator } from '../open-coordinator.ts';
import { lastAbsence, recordStart, recordStop } from './own-runs.ts';

/** How often to check for what becomes due by time alone: a missing report, an expired permit. */
const tickMs = 2_000;

export interface ServeDeps {
  readonly config: Config;
  readonly now: () => number;
  /** Milliseconds on a clock that nobody sets. */
  readonly monotonic: () => number;
  readonly failpoint: Failpoint;
  readonly log: FastifyBaseLogger;
  readonly signal: AbortSignal;
  /** The path of coordinator.yml, which goes into backups. */
  readonly configFile: string;
  readonly installFolder?: string;
  /** See `CoordinatorDeps`. */
  readonly acceptClock?: boolean;
}

/** Serves until the signal fires. Throws `cannot_listen` and what `openCoordinator` throws. */
export async function serve({ signal, ...deps }: ServeDeps): Promise<void> {
  const { config, log } = deps;
  const coordinator = await openCoordinator(deps);
  const runs = { inventory: coordinator.inventory, now: deps.now };
  const recorded = (record: Promise<void>) =>
    record.catch((error: unknown) => log.warn({ err: error }, 'a start or a stop of the coordinator has no event'));
  try {
    const absence = await lastAbsence(runs);
    await listen(coordinator, config);
    await recorded(recordStart(runs, absence));
    log.info({ inventory: coordinator.inventory.id, port: config.port, hosts: config.hosts }, 'the coordinator serves');
    const endBackups = await offerBackups(coordinator, deps);
    try {
      await tickUntil(coordinator, log, signal);
    } finally {
      await recorded(recordStop(runs));
      await endBackups();
    }
  } finally {
    await coordinator.close();
  }
}

/** A coordinator that cannot make backups serves all the same: nodes and operators need it more. */
async function offerBackups(
  { backups }: Coordinator,
  { config, log }: Pick<ServeDeps, 'config' | 'log'>,
): Promise<() => Promise<void>> {
  const withArchive: WithArchive = (use) =>
    backups
      .make(async (archive, parts) => {
        await use(archive);
        log.info({ parts }, 'a backup was made');
        await backups
          .made(parts)
          .catch((error: unknown) => log.warn({ err: error }, 'a backup that was made has no event'));
      })
      .catch((error: unknown) => {
        log.error({ err: error }, 'a backup failed');
        throw error;
      });
  try {
    return await serveBackups(config.dataDir, withArchive);
  } catch (error) {
    log.warn({ err: error }, 'no backup can be made while this coordinator serves');
    return async () => undefined;
  }
}

async function listen({ app }: Coordinator, { listenAddress, port }: Config): Promise<void> {
  try {
    await listenAt(app, { host: listenAddress, port });
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
    // It rejects if the signal fires: then the loop ends.
    await sleep(tickMs, undefined, { signal }).catch(() => undefined);
  }
}
