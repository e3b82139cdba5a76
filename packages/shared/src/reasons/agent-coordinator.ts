import type { Numbers, Texts } from './facts.ts';

type Generation = Numbers<'generation'>;
type Incarnation = Texts<'incarnation'>;

const stands = 'the node keeps its last desired state';
const restored = 'the coordinator was restored from a backup';

/** Why a node does not follow its coordinator (R5). */
export const agentCoordinatorReasons = {
  first_desired_state: 'the first desired state from the coordinator',
  other_inventory_offered:
    'the coordinator has the inventory {offered}, but this node follows {followed}; the node keeps its last desired state: only its own coordinator, or that one restored from a backup, can take it over',
  other_epoch_offered: ({ offered, followed }: Numbers<'offered' | 'followed'>) =>
    `the coordinator was restored in epoch ${offered}, but this node follows one that was ` +
    `restored later, or from another copy of the backup (epoch ${followed}); ${stands}`,
  older_generation_offered: ({ generation, seen }: Generation & Numbers<'seen'>) =>
    `the coordinator offers generation ${generation}, but this node has seen ${seen}: the coordinator was restored ` +
    `from an older copy; ${stands}`,
  generation_differs: ({ generation }: Generation) =>
    `the coordinator published another generation ${generation} than the one that this node follows: its store ` +
    `or another copy of it was put back to an older state; ${stands}`,
  generation_seen_before: ({ generation }: Generation) =>
    `${restored}, and offers a generation that this node has already seen (${generation}); ${stands}`,
  would_found_again: ({ incarnation }: Incarnation) =>
    `${restored}, and asks this node to found a cluster (${incarnation}); ${stands}`,
  incarnation_unknown_to_coordinator: ({ incarnation }: Incarnation) =>
    `${restored}, and does not know the incarnation of etcd on this node (${incarnation}); ${stands}`,
  answer_for_other_node: 'the coordinator answered for the node {offered}, but this is {nodeId}',
  other_kind_offered: ({ offered, own }: { readonly offered: Kind; readonly own: Kind }) =>
    `the coordinator offers the state of a ${offered}, but this node is a ${own}; ${stands}`,
  generation_not_kept: 'generation {generation} could not be stored: {why}',
} as const;

type Kind = 'member' | 'client';
