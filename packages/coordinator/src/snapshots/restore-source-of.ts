import type { SnapshotRecord } from '../inventory/inventory.ts';
import type { RestoreSource } from '../model/restore-source.ts';
import type { CheckedSnapshot } from './snapshot-keeper.ts';

/**
 * The source of a restore from this snapshot. Pure. Only one that was imported may lack Picket's etcd user: a snapshot that Picket has
 * taken itself came from an etcd that let Picket in, so in such a one somebody has changed that.
 *
 * @param checked what its file says; null: not read yet
 */
export function restoreSourceOf(
  { id, takenAt, sizeBytes, sha256, member, clusterId }: SnapshotRecord,
  checked: Pick<CheckedSnapshot, 'format' | 'keepsPicketOut'> | null,
): RestoreSource {
  const source = { snapshot: id, takenAt, sizeBytes, sha256 };
  if (checked === null) return source;
  const { format, keepsPicketOut } = checked;
  const isImported = member === null && clusterId === null;
  return {
    ...source,
    ...(format === null ? {} : { format }),
    ...(keepsPicketOut && isImported ? { keepsPicketOut: true as const } : {}),
  };
}
