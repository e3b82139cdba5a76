import { setImmediate as nextTurn } from 'node:timers/promises';
import { coordinatorContracts } from '@picket/shared/contract/coordinator.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { clusterSamples } from '../metrics/cluster-samples.ts';
import {
  certificateSamples,
  coordinatorSamples,
  notificationSamples,
  ownFigures,
} from '../metrics/coordinator-samples.ts';
import type { Exposition, ScrapeText } from '../metrics/exposition.ts';
import type { Instant } from '../model/instant.ts';
import { certificatesInForce } from '../status/certificates-in-force.ts';
import type { ApiDeps } from './deps.ts';
import { type App, route } from './route.ts';
import { statusOf } from './status-of.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Its answer may wait for a change, so it is in no metric. */
    readonly waits?: true | undefined;
  }
}

/** Counts what every route answers from here on. The routes must be registered after this. */
export function countAnswers(app: App, exposition: Exposition): void {
  app.addHook('onRoute', (route) => {
    if (route.config?.waits === true) return;
    const counting = async ({ method }: FastifyRequest, { statusCode: status, elapsedTime }: FastifyReply) =>
      exposition.countAnswer({ method, route: route.url, status, seconds: elapsedTime / 1000 });
    route.onResponse = [route.onResponse ?? [], counting].flat();
  });
}

export interface MetricsDeps extends ApiDeps {
  /** Of the coordinator. */
  readonly dataDir: string;
}

/** For Prometheus. Scrapes at the same time share one answer, so nobody can make the coordinator work for nothing (R18). */
export function metricsRoutes(app: App, deps: MetricsDeps, exposition: Exposition): void {
  const startedAt = deps.now();
  let running: Promise<Buffer> | null = null;
  route(app, coordinatorContracts.metrics, async (_request, reply) => {
    running ??= scrape(deps, exposition.begin(), startedAt, app.log).finally(() => {
      running = null;
    });
    return reply.type(exposition.contentType).send(await running);
  });
}

async function scrape(deps: MetricsDeps, text: ScrapeText, startedAt: Instant, log: App['log']): Promise<Buffer> {
  const { executor, dataDir, now: clock } = deps;
  const own = await ownFigures(dataDir, startedAt);
  const now = clock();
  const names = executor.specs().map(({ name }) => name);
  text.add(coordinatorSamples(own, names.length, deps.backups));
  for (const name of names) {
    // Deleted since the last turn.
    if (!executor.clusters().includes(name)) continue;
    try {
      const cluster = executor.situation(name);
      text.add(clusterSamples(cluster, statusOf(deps, cluster, now), now));
    } catch (error) {
      // The others have their series all the same.
      log.error({ err: error, cluster: name }, 'the metrics of a cluster cannot be shown');
    }
    await nextTurn();
  }
  text.add(notificationSamples(deps.notifier.list(), deps.notifier.deliveries()));
  text.add(certificateSamples(certificatesInForce(deps, now)));
  return text.finish();
}
