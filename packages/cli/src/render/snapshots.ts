import type { RehearsalView, SnapshotCheck, SnapshotView } from '@picket/shared/protocol/snapshots.ts';
import { durationOf } from '@picket/shared/reasons/durations.ts';
import { renderTable } from './table.ts';
import { byteSize, dateTime, pastTime, type Times } from './units.ts';

/** The column CHECKED BY. */
const shortly: Readonly<Record<SnapshotCheck, string>> = {
  structure: 'structure only',
  etcdutl: 'etcdutl',
};
const atLength: Readonly<Record<SnapshotCheck, string>> = {
  structure: 'its hash and structure were checked, but no etcdutl has read it',
  etcdutl: 'etcdutl has read it',
};

/** `picket snapshot list` */
export function snapshotTable(snapshots: readonly SnapshotView[], times: Times): string {
  if (snapshots.length === 0) return 'No snapshots yet. `picket snapshot take CLUSTER` takes one.';
  const lasts = lastOfFormer(snapshots);
  return renderTable(
    ['ID', 'CLUSTER', 'TAKEN', 'FROM', 'FORMATION', 'REVISION', 'ENTRIES', 'SIZE', 'CHECKED BY', 'WHERE', 'WHY'],
    snapshots.map((snapshot) => [
      snapshot.id,
      snapshot.cluster,
      pastTime(snapshot.takenAt, times),
      snapshot.member ?? 'imported',
      lasts.has(snapshot) ? `${snapshot.formation}, its last` : snapshot.formation,
      snapshot.revision,
      snapshot.totalKeys,
      byteSize(snapshot.sizeBytes),
      shortly[snapshot.checkedBy],
      snapshot.object ?? 'coordinator',
      snapshot.why.message,
    ]),
  );
}

/** The last snapshot of each etcd cluster that was given up: no later one takes its place. Of each cluster the latest are given. */
function lastOfFormer(snapshots: readonly SnapshotView[]): ReadonlySet<SnapshotView> {
  const own = snapshots.filter(({ clusterId }) => clusterId !== null);
  const last = new Map(own.map((one) => [`${one.cluster} ${one.clusterId}`, one]));
  const present = new Map(own.map((one) => [one.cluster, one.clusterId]));
  return new Set([...last.values()].filter(({ cluster, clusterId }) => present.get(cluster) !== clusterId));
}

/** What is lost with it, shown before the operator confirms it. */
export function removedWithSnapshot({ id, cluster, takenAt, revision, formation }: SnapshotView): string {
  const [came, of] = formation === null ? ['imported', ''] : ['taken', `, formation ${formation}`];
  return [
    `The snapshot ${id} of ${cluster} was ${came} ${dateTime(takenAt)}: revision ${revision}${of}.`,
    'Nobody can restore it once it is removed, and the data that only it holds is lost.',
    '',
  ].join('\n');
}

/** The snapshot that was just imported. */
export function snapshotImported(snapshot: SnapshotView): string {
  const { id, cluster } = snapshot;
  return [
    `The snapshot is imported as ${id} of ${cluster}: ${contentOf(snapshot)}.`,
    `${cluster} is unchanged. To replace its data with this snapshot: \`picket cluster restore ${cluster} --snapshot ${id}\`.`,
  ].join('\n');
}

function contentOf({ revision, totalKeys, sizeBytes, checkedBy }: SnapshotView): string {
  const keys = totalKeys === null ? '' : `, ${totalKeys} entries`;
  return `revision ${revision}${keys}, ${byteSize(sizeBytes)}; ${atLength[checkedBy]}`;
}

/** The snapshot that was just taken. */
export function snapshotTaken(snapshot: SnapshotView): string {
  const { id, cluster, member } = snapshot;
  const line = `The snapshot ${id} of ${member} is stored: ${contentOf(snapshot)}.`;
  if (!wasWithoutQuorum(snapshot)) return line;
  return [
    line,
    `${snapshot.why.message}.`,
    ...mayBeMissing(snapshot),
    `Once a majority of the voters is known to be lost, restore it with \`picket cluster restore ${cluster} --snapshot ${id}\`.`,
  ].join('\n');
}

/** The snapshot that was just restored in a rehearsal. */
export function rehearsalDone({ snapshot, etcdVersion, revision, keys, hash, tookMs }: RehearsalView): string {
  return [
    `The snapshot ${snapshot} was restored in ${durationOf(tookMs)}: etcd ${etcdVersion} served ${keysIn(keys)} at revision ${revision}.`,
    ...(hash === null
      ? []
      : [`Its hash of the keys and values there is ${hash}, as \`etcdctl endpoint hashkv\` prints it.`]),
    'All of that is removed again; the cluster was not touched.',
  ].join('\n');
}

/** The line of `picket status`. */
export function lastRehearsed({ snapshot, at, etcdVersion, keys }: RehearsalView, times: Times): string {
  return `Last restore rehearsed: ${pastTime(at, times)}, of the snapshot ${snapshot} (${keysIn(keys)}, etcd ${etcdVersion})`;
}

function keysIn(keys: number | null): string {
  return keys === null ? 'its data' : keys === 1 ? '1 key' : `${keys} keys`;
}

/** What a snapshot lacks that was taken without a quorum; empty for any other. */
export function mayBeMissing(snapshot: SnapshotView): readonly string[] {
  return wasWithoutQuorum(snapshot)
    ? [
        `It was taken without a quorum. Writes that etcd acknowledged are missing if ${snapshot.member} had not applied them when the quorum was lost.`,
      ]
    : [];
}

function wasWithoutQuorum({ why }: SnapshotView): boolean {
  return why.code === 'without_quorum';
}
