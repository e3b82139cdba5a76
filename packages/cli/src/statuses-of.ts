import type { ClusterStatusView } from '@picket/shared/protocol/clusters.ts';
import type { Api } from './api.ts';

/** The status of this cluster, or of each one. */
export async function statusesOf(api: Api, cluster: string | undefined): Promise<readonly ClusterStatusView[]> {
  const names = cluster === undefined ? (await api.list('clusters', {})).items.map(({ spec }) => spec.name) : [cluster];
  const views: ClusterStatusView[] = [];
  for (const name of names) views.push(await api.status({ name }));
  return views;
}
