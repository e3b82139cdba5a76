import { ClusterState } from '@picket/shared/protocol/clusters.ts';
import type { ClusterSituation } from '../executor/executor.ts';
import { electorate, servingVoters } from '../model/health.ts';
import type { Instant } from '../model/instant.ts';
import type { Permit } from '../model/permit-progress.ts';
import { silentFor } from '../model/presence.ts';
import type { Situation } from '../model/situation.ts';
import type { ClusterStatus } from '../status/cluster-status.ts';
import { type Sample, sample } from './families.ts';
import { memberSamples, seconds } from './member-samples.ts';

const states = ClusterState.anyOf.map((one) => one.const);

/** Of a cluster, its members and clients, as its status shows them. Pure. */
export function clusterSamples({ record, status: observed }: ClusterSituation, status: ClusterStatus, now: Instant) {
  const { spec, progress } = record;
  const cluster = spec.name;
  const situation: Situation = { spec, progress, status: observed, now };
  const joined = [
    ['member', Object.keys(observed.nodes).length],
    ['client', Object.keys(observed.clients).length],
  ] as const;
  return [
    ...joined.map(([kind, count]) => sample('picket_nodes', { cluster, kind }, count)),
    ...states.map((state) => sample('picket_cluster_state', { cluster, state }, Number(state === status.state))),
    sample('picket_cluster_declared_members', { cluster }, spec.members.length),
    sample('picket_cluster_voters', { cluster }, electorate(situation).all),
    sample('picket_cluster_serving_voters', { cluster }, servingVoters(situation).length),
    sample('picket_cluster_revision', { cluster }, spec.revision),
    ...status.waitsFor.map(({ code }) => sample('picket_cluster_waits', { cluster, code }, 1)),
    ...status.notices.map(({ code }) => sample('picket_cluster_notices', { cluster, code }, 1)),
    ...ofRollout(cluster, status),
    ...ofPermit(cluster, progress.permit),
    ...ofSnapshots(situation),
    sample('picket_cluster_quota_bytes', { cluster }, spec.tuning.quotaBackendBytes),
    ...memberSamples(situation, status),
    ...clientSamples(situation),
  ];
}

function ofRollout(cluster: string, { rollout }: ClusterStatus): readonly Sample[] {
  const stopped = sample('picket_cluster_rollout_stopped', { cluster }, Number(rollout?.state === 'stopped'));
  if (rollout === null) return [stopped];
  const upToDate = rollout.members.filter((one) => one.upToDate).length;
  return [
    stopped,
    sample('picket_cluster_rollout_members', { cluster, state: 'up-to-date' }, upToDate),
    sample('picket_cluster_rollout_members', { cluster, state: 'outdated' }, rollout.members.length - upToDate),
  ];
}

function ofPermit(cluster: string, permit: Permit | null): readonly Sample[] {
  if (permit === null) return [];
  const { member, hold, defragment } = permit;
  const purpose = hold !== undefined ? 'hold' : defragment !== undefined ? 'defragmentation' : 'restart';
  return [sample('picket_cluster_permit', { cluster, member, purpose }, 1)];
}

function ofSnapshots({ spec, progress }: Situation): readonly Sample[] {
  const cluster = spec.name;
  const { last, failure, rehearsal } = progress.snapshots;
  const worked = rehearsal?.worked ?? null;
  return [
    sample('picket_cluster_snapshot_interval_seconds', { cluster }, spec.snapshots.everyMinutes * 60),
    sample('picket_cluster_snapshot_failures', { cluster }, failure?.count ?? 0),
    ...(last === null
      ? []
      : [sample('picket_cluster_snapshot_last_timestamp_seconds', { cluster }, seconds(last.takenAt))]),
    ...(rehearsal === undefined
      ? []
      : [sample('picket_cluster_rehearsal_failures', { cluster }, rehearsal.failure?.count ?? 0)]),
    ...(worked === null
      ? []
      : [
          sample('picket_cluster_rehearsal_last_timestamp_seconds', { cluster }, seconds(worked.at)),
          sample('picket_cluster_rehearsal_duration_seconds', { cluster }, seconds(worked.tookMs)),
        ]),
  ];
}

function clientSamples({ spec, status, now }: Situation): readonly Sample[] {
  return Object.entries(status.clients).flatMap(([client, node]) => {
    const { generation, status: said } = node;
    const labels = { cluster: spec.name, client };
    const silentMs = silentFor(node, now);
    if (silentMs === null || said === null) return [];
    const lag = Math.max(0, generation - said.agent.generationApplied);
    return [
      sample('picket_client_report_age_seconds', labels, seconds(silentMs)),
      sample('picket_client_generation_lag', labels, lag),
    ];
  });
}
