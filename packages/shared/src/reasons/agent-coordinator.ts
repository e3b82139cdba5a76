import type { AnyReason, Say } from './reason.ts';

type Generation = { readonly generation: number };
type Incarnation = { readonly incarnation: string };

const stands = 'the last desired state stands';
const restored = 'the coordinator was restored from a backup';

/** Why a node does not follow what its coordinator says (R5). */
export const agentCoordinatorReasons = {
  first_desired_state: () => 'the first desired state from the coordinator',
  other_inventory_offered: ({ offered, followed }: { readonly offered: string; readonly followed: string }) =>
    `the coordinator speaks for the inventory ${offered}, and this node follows ${followed}; ` +
    'its last desired state stands: a node is taken over by its own coordinator alone, restored from a backup',
  other_epoch_offered: ({ offered, followed }: { readonly offered: number; readonly followed: number }) =>
    `the coordinator was restored in epoch ${offered}, and this node follows one that was ` +
    `restored later, or from another copy of the backup (epoch ${followed}); ${stands}`,
  older_generation_offered: ({ generation, seen }: Generation & { readonly seen: number }) =>
    `the coordinator offers generation ${generation}, and this node has seen ${seen}: it was restored ` +
    `from an older copy; ${stands}`,
  generation_differs: ({ generation }: Generation) =>
    `the coordinator published another generation ${generation} than the one that this node follows: its store ` +
    `or another copy of it was put back to an older state; ${stands}`,
  generation_seen_before: ({ generation }: Generation) =>
    `${restored}, and offers a generation that this node has seen (${generation}); ${stands}`,
  would_found_again: ({ incarnation }: Incarnation) =>
    `${restored}, and would have this node found a cluster (${incarnation}); ${stands}`,
  life_unknown_to_coordinator: ({ incarnation }: Incarnation) =>
    `${restored}, and does not know the life that etcd lives here (${incarnation}); ${stands}`,
  answer_for_other_node: ({ offered, nodeId }: { readonly offered: string; readonly nodeId: string }) =>
    `the coordinator answered for the node ${offered}, and this one is ${nodeId}`,
  other_kind_offered: ({ offered, own }: { readonly offered: Kind; readonly own: Kind }) =>
    `the coordinator speaks of a ${offered}, and this node is a ${own}; its last desired state stands`,
  generation_not_kept: ({ generation, why }: Generation & { readonly why: AnyReason }, say: Say) =>
    `generation ${generation} could not be kept: ${say(why)}`,
} as const;

type Kind = 'member' | 'client';
