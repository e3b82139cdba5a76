import { clusterContracts } from '@picket/shared/contract/clusters.ts';
import { etcdAdvisories } from '../status/etcd-advisories.ts';
import type { ApiDeps } from './deps.ts';
import { type App, route } from './route.ts';

/** `GET /v1/clusters/:name/advisories`: the known faults of the etcd that the members run. */
export function advisoriesRoutes(app: App, { executor, now }: ApiDeps): void {
  route(app, clusterContracts.advisories, async ({ params: { name } }) => {
    const { record, status } = executor.situation(name);
    return etcdAdvisories({ ...record, status, now: now() });
  });
}
