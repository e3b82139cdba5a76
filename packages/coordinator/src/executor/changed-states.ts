import { isDeepStrictEqual } from 'node:util';
import { reasonOf } from '@picket/shared/errors.ts';
import type { DesiredState } from '@picket/shared/protocol/desired-state.ts';
import { mostPriorSeals } from '@picket/shared/protocol/primitives.ts';
import type { Reason } from '@picket/shared/reasons/reason.ts';
import type { Unnumbered } from '../desired-state/node-state.ts';
import { type ClusterRecord, nameOf, type PublicationRecord, type StateNode } from '../inventory/inventory.ts';
import { quarantineOf } from '../model/quarantine.ts';
import { claimBy, followsEarlier, hasReported, needsFirstState, storedFor } from './observe.ts';
import type { Publication } from './publication-board.ts';
import type { TurnDeps } from './turn-deps.ts';

/** A node for which no desired state can be made: it keeps its last one, and the others continue. */
export interface Unrendered {
  readonly nodeId: string;
  readonly name: string;
  readonly why: Reason;
}

export interface ChangedStates {
  /** The next desired state of each node whose state this record changes. */
  readonly publications: readonly PublicationRecord[];
  readonly unrendered: readonly Unrendered[];
}

export function changedStates(deps: TurnDeps, record: ClusterRecord, nodes: readonly StateNode[]): ChangedStates {
  const publications: PublicationRecord[] = [];
  const unrendered: Unrendered[] = [];
  const { stateOf, mayPublish } = deps.decisions;
  if (!mayPublish(record.progress)) return { publications, unrendered };
  const trust = deps.trust(record.id);
  for (const node of nodes) {
    if (!mayPublishTo(deps, record, node)) continue;
    let wanted: Unnumbered | null;
    try {
      wanted = stateOf(
        record.spec,
        record.progress,
        node,
        trust,
        storedFor(deps, node, record.progress.configuration.given),
      );
    } catch (error) {
      unrendered.push({ nodeId: node.id, name: nameOf(node), why: reasonOf(error) });
      continue;
    }
    const publication = wanted === null ? null : next(deps, node, wanted);
    if (publication !== null) publications.push(publication);
  }
  return { publications, unrendered };
}

/** A node that claims more than was published to it gets nothing: its generations would be overtaken as well. */
function mayPublishTo(deps: TurnDeps, { progress }: ClusterRecord, node: StateNode): boolean {
  if (node.evictedAt !== null || deps.restoration.awaits(node.id)) return false;
  if (needsFirstState(deps, node)) return hasReported(deps, node);
  return quarantineOf(progress, node.id) === null && claimBy(deps, node) === null;
}

function next(deps: TurnDeps, node: StateNode, wanted: Unnumbered): PublicationRecord | null {
  const { inventory, restoration, seals, publications, statuses } = deps;
  const { epoch } = restoration;
  const mustExceedSeen = needsFirstState(deps, node) || followsEarlier(deps, node);
  const current = publications.current(node.id);
  if (current !== null && !mustExceedSeen && isTheSame(JSON.parse(current.body) as DesiredState, wanted)) return null;
  const seen = mustExceedSeen ? (statuses.latest(node.id)?.status.agent.generationSeen ?? 0) : 0;
  const generation = Math.max(publications.generation(node.id), seen) + 1;
  const priorSeals = mustExceedSeen || current === null ? [] : sealsToName(deps, node, current);
  const seal = seals.of({ inventory: inventory.id, epoch, nodeId: node.id, generation });
  const numbered = { inventory: inventory.id, ...(epoch === null ? {} : { epoch }), generation, seal, priorSeals };
  return { nodeId: node.id, generation, document: { ...numbered, ...wanted } };
}

/**
 * The seals from the reported one on: the node never goes back behind that. None if the node's seal is damaged, since
 * it would refuse every state that names the right one.
 */
function sealsToName({ seals, statuses }: TurnDeps, { id: nodeId }: StateNode, current: Publication): string[] {
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
