import { isDeepStrictEqual } from 'node:util';
import type { DesiredState } from '@picket/shared/protocol/desired-state.ts';
import type { TrustBundles } from '../desired-state/node-state.ts';
import { stateOf } from '../desired-state/seat.ts';
import type { ClusterRecord, NodeRecord, PublicationRecord } from '../inventory/inventory.ts';
import { isHeard, isOwed, type ObservationDeps, toolOf } from './observe.ts';

/** What the next publications are made of. */
export interface StateDeps extends ObservationDeps {
  /** The bundles that nodes of the cluster with this id trust. */
  readonly trust: (clusterId: string) => TrustBundles;
}

/** The next publication of each node whose state this record changes. */
export function changedStates(
  deps: StateDeps,
  record: ClusterRecord,
  nodes: readonly NodeRecord[],
): readonly PublicationRecord[] {
  // A coordinator that may be behind its nodes would overtake their generations by counting on (R5).
  if (record.progress.frozen !== null) return [];
  const trust = deps.trust(record.id);
  const { epoch } = deps.restoration;
  return nodes.flatMap((node) => {
    if (deps.restoration.awaits(node.id)) return [];
    const wanted =
      node.evictedAt === null ? stateOf(record.spec, record.progress, node, trust, toolOf(deps, node)) : null;
    if (wanted === null) return [];
    const owed = isOwed(deps, node);
    if (owed && !isHeard(deps, node)) return [];
    const current = deps.publications.current(node.id);
    if (current !== null && !owed) {
      const {
        inventory: _inventory,
        epoch: _epoch,
        generation: _generation,
        ...published
      } = JSON.parse(current.body) as DesiredState;
      if (isDeepStrictEqual(published, wanted)) return [];
    }
    const seen = owed ? (deps.statuses.latest(node.id)?.status.agent.generationSeen ?? 0) : 0;
    const generation = Math.max(current?.generation ?? 0, seen) + 1;
    const numbered = { inventory: deps.inventory.id, ...(epoch === null ? {} : { epoch }), generation };
    return [{ nodeId: node.id, generation, document: { ...numbered, ...wanted } }];
  });
}
