import type { SnapshotPolicy } from '@picket/shared/protocol/snapshots.ts';
import type { Instant } from '../model/instant.ts';

const kinds = ['usual', 'without_quorum', 'imported'] as const;

export interface Aged {
  readonly id: string;
  readonly takenAt: Instant;
  /** The etcd cluster that it is of: each founding and each restore makes another one. null if it was imported. */
  readonly clusterId: string | null;
  /** Not on schedule: somebody, or a change, had a reason for this very one. */
  readonly forReason: boolean;
  /** Without a quorum, it may lack writes that etcd acknowledged; an imported one is of another cluster. */
  readonly kind: (typeof kinds)[number];
  /** It is known that it could not be restored now. */
  readonly isFaulty: boolean;
}

const hour = 3_600_000;
const day = 24 * hour;
const week = 7 * day;
/** 1970 began on a Thursday; weeks begin on Mondays. */
const mondayOffset = 3 * day;

/**
 * The snapshots that may be removed: all but the newest of each of the last hours, days and weeks (UTC) that have one.
 * Hours without a snapshot do not count, so a cluster that was off for a month keeps its snapshots. Never the newest of
 * all, nor one of `inUse`, nor the last one of an etcd cluster: after a restore or a reset, it is all that is left of the data that was
 * given up (R19), and only an operator removes it. A snapshot that was taken for a reason stays a day, since damage by the following change may
 * appear only later. A faulty one goes in its time as well, but no good one goes for its sake. Those that were taken
 * without a quorum are counted apart, and so are imported ones: none of the others goes for their sake either. Pure.
 *
 * @param snapshots the first stored first: their order, and no clock, says which one is the last of its etcd cluster
 */
export function expired(
  snapshots: readonly Aged[],
  policy: SnapshotPolicy,
  inUse: ReadonlySet<string>,
  now: Instant,
): string[] {
  const gone = kinds.flatMap((kind) => {
    const all = snapshots.filter((one) => one.kind === kind);
    const good = all.filter(({ isFaulty }) => !isFaulty);
    return [...superfluous(good), ...superfluous(all).filter(({ isFaulty }) => isFaulty)];
  });
  return gone.map(({ id }) => id);

  function superfluous(snapshots: readonly Aged[]): readonly Aged[] {
    const newestFirst = [...snapshots].sort(
      (one, other) => other.takenAt - one.takenAt || (one.id < other.id ? 1 : -1),
    );
    const kept = new Set(inUse);
    const [newest] = newestFirst;
    if (newest !== undefined) kept.add(newest.id);
    for (const id of lastOfEach(snapshots)) kept.add(id);
    for (const { id, takenAt, forReason } of newestFirst) if (forReason && now - takenAt < day) kept.add(id);
    const rules = [
      { count: policy.keepHourly, of: (at: Instant) => Math.floor(at / hour) },
      { count: policy.keepDaily, of: (at: Instant) => Math.floor(at / day) },
      { count: policy.keepWeekly, of: (at: Instant) => Math.floor((at + mondayOffset) / week) },
    ];
    for (const { count, of } of rules) {
      const seen = new Set<number>();
      for (const { id, takenAt } of newestFirst) {
        const span = of(takenAt);
        if (seen.size >= count) break;
        if (seen.has(span)) continue;
        seen.add(span);
        kept.add(id);
      }
    }
    return newestFirst.filter(({ id }) => !kept.has(id));
  }
}

/** The last one of each etcd cluster. */
function lastOfEach(snapshots: readonly Aged[]): Iterable<string> {
  return new Map(snapshots.map(({ clusterId, id }) => [clusterId, id])).values();
}
