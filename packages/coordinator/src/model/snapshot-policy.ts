import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';
import type { SnapshotPolicy } from '@picket/shared/protocol/snapshots.ts';
import { defaultSnapshotPolicy } from '@picket/shared/protocol/snapshots.ts';

export function snapshotPolicy({ snapshots }: Pick<ClusterSpec, 'snapshots'>): SnapshotPolicy {
  return snapshots ?? defaultSnapshotPolicy;
}
