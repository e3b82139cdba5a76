export interface SnapshotLimits {
  /** The part of the disk, in percent, that is divided among the clusters. The rest is for whoever needs it first. */
  readonly snapshotSharePercent: number;
}

/** How the disk of the snapshots is used, in bytes. */
export interface DiskUse {
  /** What is free beyond the reserve of the store. */
  readonly free: number;
  /** What the snapshots of each cluster take that may have one, also 0. */
  readonly used: ReadonlyMap<string, number>;
}

/**
 * How many more bytes the snapshots of this cluster may take (R18). Each cluster has an equal share, which no other cluster gets.
 * A cluster that needs more takes of what is in no share. So a member that sends too much fills the disk for no other cluster,
 * and a cluster that is alone has all of the disk. Pure.
 */
export function roomFor(cluster: string, { free, used }: DiskUse, { snapshotSharePercent }: SnapshotLimits): number {
  const all = [...used.values()].reduce((sum, bytes) => sum + bytes, free);
  const share = (all * snapshotSharePercent) / 100 / Math.max(1, used.size);
  const keptForOthers = [...used]
    .filter(([other]) => other !== cluster)
    .reduce((sum, [, bytes]) => sum + Math.max(0, share - bytes), 0);
  const ofItsShare = Math.min(free, share - (used.get(cluster) ?? 0));
  return Math.max(0, ofItsShare, free - keptForOthers);
}
