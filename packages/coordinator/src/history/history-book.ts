import { oneAtATime } from '@picket/shared/one-at-a-time.ts';
import type { NodeStatus } from '@picket/shared/protocol/report.ts';
import type { Executor } from '../executor/executor.ts';
import { mostReportsAtOnce } from '../executor/keep-reports.ts';
import type { StatusBoard } from '../executor/status-board.ts';
import type { HistoryRecord, Inventory, NodeRecord } from '../inventory/inventory.ts';
import type { Instant } from '../model/instant.ts';
import { packed, unpacked } from './pack.ts';
import { recentFigures } from './recent.ts';
import { emptyRing, type Point, type Ring, withPoints } from './ring.ts';

/**
 * So often the store gets the points that it does not have, in milliseconds: in one commit, because each costs an SD card some
 * 33 kB. Before the hour in which all reports are due: they go with it and need no commit of their own. A coordinator that is
 * killed loses the points of this time.
 */
export const historyKeptEvery = 55 * 60_000;
/** After a failure. */
const againAfter = 5 * 60_000;

export interface HistoryDeps {
  readonly inventory: Pick<Inventory, 'history' | 'transaction'>;
  readonly executor: Pick<Executor, 'clusters' | 'situation'>;
  readonly statuses: Pick<StatusBoard, 'takeUnkept' | 'giveBack'>;
  readonly now: () => Instant;
  /** Milliseconds on a clock that nobody sets. */
  readonly monotonic: () => number;
}

type PointsOf = (nodeId: string) => readonly Point[];

export type HistoryBook = ReturnType<typeof historyBook>;

/** What the members of all clusters have reported in the last days. No decision depends on it. */
export function historyBook({ inventory, executor, statuses, now, monotonic }: HistoryDeps) {
  const recent = recentFigures();
  const inTurn = oneAtATime();
  let due = monotonic() + historyKeptEvery;

  async function store(): Promise<void> {
    const taken = recent.take();
    const pointsOf = (nodeId: string) => taken.get(nodeId) ?? [];
    const reports = statuses.takeUnkept(mostReportsAtOnce, 'all');
    try {
      const { records, gone } = await changes(pointsOf);
      if (records.length === 0 && gone.length === 0 && reports.length === 0) return;
      await inventory.transaction(async (within) => {
        await within.reports.keep(reports);
        await within.history.keep(records);
        await within.history.remove(gone);
      });
    } catch (error) {
      recent.giveBack(taken);
      statuses.giveBack(reports);
      throw error;
    }
  }

  async function storedRings(cluster: string): Promise<ReadonlyMap<string, Uint8Array>> {
    return new Map((await inventory.history.ofCluster(cluster)).map(({ member, ring }) => [member, ring]));
  }

  /** What the store has to write, and of which members it has to forget the history. */
  async function changes(pointsOf: PointsOf) {
    const stored = new Map(
      (await inventory.history.places()).map((place) => [`${place.cluster}/${place.member}`, place]),
    );
    const records: HistoryRecord[] = [];
    // All at once: a cluster that is deleted meanwhile has no longer its name.
    const situations = executor.clusters().map((name) => executor.situation(name));
    for (const { record, nodes } of situations) {
      if (record.progress.deletion?.freed === true) continue;
      const { id: cluster } = record;
      const rings = await storedRings(cluster);
      for (const { name: member } of record.spec.members) {
        stored.delete(`${cluster}/${member}`);
        const points = pointsOfMember(nodes, member, pointsOf);
        if (points.length === 0) continue;
        const ring = withPoints((await unpacked(rings.get(member))) ?? emptyRing, points, now());
        records.push({ cluster, member, ring: await packed(ring) });
      }
    }
    return { records, gone: [...stored.values()] };
  }

  return {
    /** Remembers a report. It only changes a few numbers in memory, because every report of every node comes here. */
    note: (nodeId: string, status: NodeStatus): void => recent.note(nodeId, status, now()),
    /** The history of each declared member of this cluster. Throws `not_found`, `inventory_unusable`. */
    of: (name: string): Promise<ReadonlyMap<string, Ring>> =>
      inTurn(async () => {
        const { record, nodes } = executor.situation(name);
        const stored = await storedRings(record.id);
        const rings = new Map<string, Ring>();
        for (const { name: member } of record.spec.members) {
          const points = pointsOfMember(nodes, member, recent.of);
          rings.set(member, withPoints((await unpacked(stored.get(member))) ?? emptyRing, points, now()));
        }
        return rings;
      }),
    /** Stores what the store does not have, if that is due. Throws `inventory_unusable`; the points are then stored later. */
    async keep(which: 'due' | 'all'): Promise<void> {
      if (which === 'due' && monotonic() < due) return;
      due = monotonic() + againAfter;
      await inTurn(store);
      due = monotonic() + historyKeptEvery;
    },
  };
}

/** Also of a node that has given way to another since. */
function pointsOfMember(nodes: readonly NodeRecord[], member: string, pointsOf: PointsOf) {
  return nodes.flatMap((node) => (node.kind === 'member' && node.member === member ? pointsOf(node.id) : []));
}
