import { isDeepStrictEqual } from 'node:util';
import { reasonOf } from '@picket/shared/errors.ts';
import type { DesiredState } from '@picket/shared/protocol/desired-state.ts';
import { mostPriorSeals } from '@picket/shared/protocol/words.ts';
import type { Reason } from '@picket/shared/reasons/reason.ts';
import type { UnnumberedClientState } from '../desired-state/client-state.ts';
import type { TrustBundles, UnnumberedState } from '../desired-state/node-state.ts';
import { type ClusterRecord, nameOf, type PublicationRecord, type ToldNode } from '../inventory/inventory.ts';
import { quarantineOf } from '../model/quarantine.ts';
import type { Decisions } from '../operations/decisions.ts';
import { claimBy, followsEarlier, isHeard, isOwed, type ObservationDeps, toolOf } from './observe.ts';
import type { Publication } from './publication-board.ts';

/** What the next publications are made of. */
export interface StateDeps extends ObservationDeps {
  readonly decisions: Pick<Decisions, 'stateOf' | 'mayPublish'>;
  /** The bundles that nodes of the cluster with this id trust. */
  readonly trust: (clusterId: string) => TrustBundles;
}

/** A node for which no desired state can be made: it keeps the last one, and the others go on. */
export interface Unrendered {
  readonly nodeId: string;
  readonly name: string;
  readonly why: Reason;
}

type Unnumbered = UnnumberedState | UnnumberedClientState;

export interface ChangedStates {
  /** The next one of each node whose state this record changes. */
  readonly publications: readonly PublicationRecord[];
  readonly unrendered: readonly Unrendered[];
}

export function changedStates(deps: StateDeps, record: ClusterRecord, nodes: readonly ToldNode[]): ChangedStates {
  const publications: PublicationRecord[] = [];
  const unrendered: Unrendered[] = [];
  const { stateOf, mayPublish } = deps.decisions;
  if (!mayPublish(record.progress)) return { publications, unrendered };
  const trust = deps.trust(record.id);
  for (const node of nodes) {
    if (!mayBeTold(deps, record, node)) continue;
    let wanted: Unnumbered | null;
    try {
      wanted = stateOf(record.spec, record.progress, node, trust, toolOf(deps, node));
    } catch (error) {
      unrendered.push({ nodeId: node.id, name: nameOf(node), why: reasonOf(error) });
      continue;
    }
    const publication = wanted === null ? null : next(deps, node, wanted);
    if (publication !== null) publications.push(publication);
  }
  return { publications, unrendered };
}

/** One that claims what was not published to it would be overtaken as well. */
function mayBeTold(deps: StateDeps, { progress }: ClusterRecord, node: ToldNode): boolean {
  if (node.evictedAt !== null || deps.restoration.awaits(node.id)) return false;
  if (isOwed(deps, node)) return isHeard(deps, node);
  return quarantineOf(progress, node.id) === null && claimBy(deps, node) === null;
}

function next(deps: StateDeps, node: ToldNode, wanted: Unnumbered): PublicationRecord | null {
  const { inventory, restoration, seals, publications, statuses } = deps;
  const { epoch } = restoration;
  const owed = isOwed(deps, node) || followsEarlier(deps, node);
  const current = publications.current(node.id);
  if (current !== null && !owed && isTheSame(JSON.parse(current.body) as DesiredState, wanted)) return null;
  const seen = owed ? (statuses.latest(node.id)?.status.agent.generationSeen ?? 0) : 0;
  const generation = Math.max(publications.generation(node.id), seen) + 1;
  const priorSeals = owed || current === null ? [] : sealsToName(deps, node, current);
  const seal = seals.of({ inventory: inventory.id, epoch, nodeId: node.id, generation });
  const numbered = { inventory: inventory.id, ...(epoch === null ? {} : { epoch }), generation, seal, priorSeals };
  return { nodeId: node.id, generation, document: { ...numbered, ...wanted } };
}

/**
 * From the one that the node has reported: it never goes back behind that. None if its seal is damaged, since it would refuse
 * every state that names the right one.
 */
function sealsToName({ seals, statuses }: StateDeps, { id: nodeId }: ToldNode, current: Publication): string[] {
  const agent = statuses.latest(nodeId)?.status.agent;
  const { seal, epoch = null, generationSeen: generation = 0 } = agent ?? {};
  const first = seal === undefined ? -1 : current.seals.indexOf(seal);
  const sealed = { inventory: agent?.inventory ?? '', epoch, nodeId, generation };
  const isDamaged = seal !== undefined && first < 0 && !seals.isOf(seal, sealed);
  return isDamaged ? [] : current.seals.slice(Math.max(first, current.seals.length - mostPriorSeals, 0));
}

function isTheSame(published: DesiredState, wanted: Unnumbered): boolean {
  const {
    inventory: _inventory,
    epoch: _epoch,
    generation: _generation,
    seal: _seal,
    priorSeals: _prior,
    ...rest
  } = published;
  return isDeepStrictEqual(rest, wanted);
}
