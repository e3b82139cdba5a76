import type { NodeStatus } from '@picket/shared/protocol/report.ts';
import type { Instant } from '../model/instant.ts';
import { figuresOf, isEmpty, together } from './figures.ts';
import { type Point, slotOf } from './ring.ts';

/** Two hours: if the store takes nothing for longer, the oldest points are lost. */
const mostWaiting = 24;
/** More elections than this in one point need no exact number. */
const mostElections = 254;

interface Recent {
  readonly points: Map<number, Point>;
  /** The term that it last reported as this member of this cluster. */
  term: { readonly of: string; readonly term: number } | null;
}

/** The points that the store does not have, by node. */
export function recentFigures() {
  const nodes = new Map<string, Recent>();

  function recentOf(nodeId: string): Recent {
    const known = nodes.get(nodeId);
    if (known !== undefined) return known;
    const recent: Recent = { points: new Map(), term: null };
    nodes.set(nodeId, recent);
    return recent;
  }

  return {
    /** Remembers what this node reports. */
    note(nodeId: string, status: NodeStatus, at: Instant): void {
      const recent = recentOf(nodeId);
      const figures = figuresOf(status, electionsSince(recent, status));
      if (!isEmpty(figures)) add(recent, { slot: slotOf(at, 'fine'), figures });
    },
    of: (nodeId: string): readonly Point[] => [...(nodes.get(nodeId)?.points.values() ?? [])],
    /** Hands over all points, and forgets nodes that have reported nothing since the last time. */
    take(): ReadonlyMap<string, readonly Point[]> {
      const taken = new Map<string, readonly Point[]>();
      for (const [nodeId, { points }] of nodes) {
        if (points.size === 0) nodes.delete(nodeId);
        else taken.set(nodeId, [...points.values()]);
        points.clear();
      }
      return taken;
    },
    /** The store did not take these. */
    giveBack(taken: ReadonlyMap<string, readonly Point[]>): void {
      for (const [nodeId, points] of taken) {
        const recent = recentOf(nodeId);
        const later = [...recent.points.values()];
        recent.points.clear();
        for (const point of [...points, ...later]) add(recent, point);
      }
    },
  };
}

function add({ points }: Recent, { slot, figures }: Point): void {
  const known = points.get(slot);
  points.set(slot, { slot, figures: known === undefined ? figures : together(known.figures, figures) });
  if (points.size <= mostWaiting) return;
  const [first = slot] = points.keys();
  points.delete(first);
}

/** By how much the term has risen. null while the member knows no leader, and at its first report. */
function electionsSince(recent: Recent, { etcd }: NodeStatus): number | null {
  if (etcd === null || etcd.leader === '0') return null;
  const before = recent.term;
  const of = `${etcd.clusterId}/${etcd.memberId}`;
  recent.term = { of, term: etcd.raftTerm };
  if (before?.of !== of) return null;
  return Math.min(mostElections, Math.max(0, etcd.raftTerm - before.term));
}
