import { clusterContracts } from '@picket/shared/contract/clusters.ts';
import { findingView } from '@picket/shared/diagnosis/finding-view.ts';
import { isoTime } from '@picket/shared/iso-time.ts';
import { diagnosis } from '../status/diagnosis.ts';
import type { ApiDeps } from './deps.ts';
import { type App, route } from './route.ts';
import { statusOf } from './status-of.ts';

/** In milliseconds. */
const changesWithin = 3_600_000;
/** More changes of the leader than this need no exact number. */
const mostChanges = 100;

/** `GET /v1/clusters/:name/diagnosis`: causes, by the same reasons as the status. */
export function diagnosisRoutes(app: App, deps: ApiDeps): void {
  const { executor, inventory } = deps;
  route(app, clusterContracts.diagnosis, async ({ params: { name } }) => {
    const wanted = { kinds: ['leader-changed'], since: deps.now() - changesWithin };
    const { items } = await inventory.events.list({ limit: mostChanges, after: null }, name, wanted);
    const cluster = executor.situation(name);
    const now = deps.now();
    const changes = { count: items.length, at: items[0]?.at ?? null };
    const { findings, scene } = diagnosis(cluster, statusOf(deps, cluster, now), changes, now);
    return { cluster: name, findings: findings.map((one) => findingView(one, scene)), now: isoTime(now) };
  });
}
