import type { ClusterSituation } from '../executor/executor.ts';
import type { Instant } from '../model/instant.ts';
import { certificateNotices } from '../status/certificates-in-force.ts';
import { type ClusterStatus, clusterStatus } from '../status/cluster-status.ts';
import { firstToReadopt, readoptionNotices } from '../status/readoption-notices.ts';
import type { ApiDeps } from './deps.ts';

type Sources = Pick<
  ApiDeps,
  | 'authorities'
  | 'directory'
  | 'executor'
  | 'reportSeconds'
  | 'restoration'
  | 'serverCertificate'
  | 'shownKeys'
  | 'snapshots'
  | 'statuses'
>;

/** What operators see of this cluster now, before its reasons become words: status and metrics show the same. */
export function statusOf(deps: Sources, cluster: ClusterSituation, now: Instant): ClusterStatus {
  const { name } = cluster.record.spec;
  const identityOf = (nodeId: string) => deps.directory.identityOf(nodeId);
  const others = [...deps.snapshots.notices(name), ...certificateNotices(deps, name, now)];
  const toReadopt = readoptionNotices(deps, cluster);
  const listener = {
    runsFor: cluster.runsFor,
    clockWasSet: cluster.clockWasSet,
    reportEverySeconds: deps.reportSeconds,
    awaited: firstToReadopt(toReadopt),
  };
  const rests = deps.restoration.rests(name);
  return clusterStatus(cluster, now, listener, identityOf, { toReadopt, rests, others });
}
