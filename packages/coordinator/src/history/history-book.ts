import { oneAtATime } from '@picket/shared/one-at-a-time.ts';
import type { NodeStatus } from '@picket/shared/protocol/report.ts';
import type { Executor } from '../executor/executor.ts';
import { mostReportsAtOnce } from '../executor/keep-reports.ts';
import type { StatusBoard } from '../executor/status-board.ts';
import type { HistoryRecord, Inventory, NodeRecord } from '../inventory/inventory.ts';
import type { Instant } from '../model/instant.ts';
import { packed, unpacked } from './pack.ts';
import { type RecentFigures, recentFigures } from './recent.ts';
import { emptyRing, type Ring, withPoints } from './ring.ts';

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

/** What the members of all clusters have reported in the last days. No decision depends on it. */
export interface HistoryBook {
  /** Remembers a report. It only changes a few numbers in memory, because every report of every node comes here. */
  note(nodeId: string, status: NodeStatus): void;
  /** The history of each declared member of this cluster. Throws `not_found`, `inventory_unusable`. */
  of(cluster: string): Promise<ReadonlyMap<string, Ring>>;
  /** Stores what the store does not have, if that is due. Throws `inventory_unusable`; the points are then stored later. */
  keep(which: 'due' | 'all'): Promise<void>;
}

export function historyBook({ inventory, executor, statuses, now, monotonic }: HistoryDeps): HistoryBook {
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

  /** What the store has to write, and of which members it has to forget the history. */
  async function changes(pointsOf: RecentFigures['of']) {
    const stored = new Map(
      (await inventory.history.places()).map((place) => [`${place.cluster}/${place.member}`, place]),
    );
    const records: HistoryRecord[] = [];
    // All at once: a cluster that is deleted meanwhile has no longer its name.
    const situations = executor.clusters().map((name) => executor.situation(name));
    for (const { record, nodes } of situations) {
      if (record.progress.deletion?.freed === true) continue;
      const { id: cluster } = record;
      const rings = new Map((await inventory.history.ofCluster(cluster)).map(({ member, ring }) => [member, ring]));
      for (const { name: member } of record.spec.members) {
        stored.delete(`${cluster}/${member}`);
        const points = pointsOfMember(nodes, member, pointsOf);
        if (points.length === 0) continue;
        const ring = withPoints(await ringIn(rings.get(member)), points, now());
        records.push({ cluster, member, ring: await packed(ring) });
      }
    }
    return { records, gone: [...stored.values()] };
  }

  return {
    note: (nodeId, status) => recent.note(nodeId, status, now()),
    of: (name) =>
      inTurn(async () => {
        const { record, nodes } = executor.situation(name);
        const stored = new Map(
          (await inventory.history.ofCluster(record.id)).map(({ member, ring }) => [member, ring]),
        );
        const rings = new Map<string, Ring>();
        for (const { name: member } of record.spec.members) {
          const points = pointsOfMember(nodes, member, recent.of);
          rings.set(member, withPoints(await ringIn(stored.get(member)), points, now()));
        }
        return rings;
      }),
    async keep(which) {
      if (which === 'due' && monotonic() < due) return;
      due = monotonic() + againAfter;
      await inTurn(store);
      due = monotonic() + historyKeptEvery;
    },
  };
}

async function ringIn(blob: Uint8Array | undefined): Promise<Ring> {
  return (blob === undefined ? null : await unpacked(blob)) ?? emptyRing;
}

/** Also of a node that has given way to another since. */
function pointsOfMember(nodes: readonly NodeRecord[], member: string, pointsOf: RecentFigures['of']) {
  return nodes.flatMap((node) => (node.kind === 'member' && node.member === member ? pointsOf(node.id) : []));
}
