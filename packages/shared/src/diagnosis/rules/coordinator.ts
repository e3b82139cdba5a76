import type { ReasonCode } from '../../reasons/reason.ts';
import { asStatus, here, identifierIn, type Proof, type Rule, there } from './rule.ts';

const page = 'fix-a-node-without-updates.md';

/** Those that say more come first: a notice has the command, and what it knows of the node's key. */
const ofReadoption: readonly ReasonCode[] = [
  ...(['newer_node_shows_itself', 'node_to_readopt', 'awaits_readoption', 'node_readopted'] as const),
];

/** Of the same node, so that each is named once. */
function saysMore(one: Proof, other: Proof): boolean {
  const rank = ({ reason }: Proof) => (ofReadoption as readonly string[]).indexOf(reason.code);
  return one.about === other.about && rank(one) < rank(other);
}

export const identityRules: readonly Rule[] = [
  {
    cause: 'cause_awaits_readoption',
    page: 're-adopt-nodes.md',
    shownBy: ofReadoption,
    together: (found) => found.filter((one) => !found.some((other) => saysMore(other, one))),
    next: ({ proof }, { place }) => {
      const nodeId = identifierIn(proof, 'nodeId');
      return place === 'board' || nodeId === null ? null : { command: `picket node readopt ${nodeId}`, on: null };
    },
    explains: ['cause_restored', 'cause_frozen', 'cause_never_reported', 'cause_silent', 'cause_voter_down'],
    // Nobody knows yet whether its etcd serves.
    leavesOpen: ['cause_voter_down'],
  },
  {
    cause: 'cause_copied_node',
    page: 'fix-a-copied-node.md',
    shownBy: ['identity_is_frozen'],
    next: here(() => 'picket node list'),
    explains: ['cause_renewal_late'],
  },
];

export const coordinatorRules: readonly Rule[] = [
  {
    cause: 'cause_quarantined',
    page: 'release-a-quarantined-node.md',
    shownBy: ['quarantined', 'node_quarantined'],
    next: asStatus,
    explains: ['cause_voter_down'],
    leavesOpen: ['cause_voter_down'],
  },
  {
    cause: 'cause_restored',
    page: 're-adopt-nodes.md#if-status-still-waits',
    shownBy: ['restored_from_backup'],
    next: asStatus,
    explains: ['cause_frozen', 'cause_voter_down'],
    leavesOpen: ['cause_voter_down'],
  },
  {
    cause: 'cause_store_behind',
    page: 'unfreeze-a-cluster.md#start-the-newer-database',
    shownBy: ['stays_frozen'],
    proves: ({ facts }) => (facts as { readonly isBehind?: unknown }).isBehind === true,
    next: asStatus,
    explains: ['cause_frozen'],
  },
  {
    cause: 'cause_frozen',
    page: 'unfreeze-a-cluster.md',
    shownBy: ['stays_frozen', 'cluster_frozen'],
    next: asStatus,
    explains: [],
    isSymptom: true,
  },
  {
    cause: 'cause_rollout_paused',
    page: 'change-settings.md#pause-resume-and-go-back',
    shownBy: ['rollout_paused', 'rollouts_paused'],
    next: here((_member, cluster) => `picket rollout resume ${cluster}`),
    explains: [],
    sparesEtcd: true,
  },
  {
    cause: 'cause_snapshots_fail',
    page: 'take-snapshots.md#if-it-fails',
    shownBy: [
      ...(['snapshot_failed', 'snapshot_late', 'snapshots_not_moved', 'could_restore_none'] as const),
      ...(['last_snapshot_failed', 'last_snapshot_needs_voter'] as const),
    ],
    next: here((_member, cluster) => `picket snapshot list ${cluster}`),
    explains: [],
    sparesEtcd: true,
  },
  {
    cause: 'cause_state_not_applied',
    page,
    shownBy: [
      ...(['not_rendered', 'step_failed', 'not_noted', 'not_looked_at', 'look_hangs', 'overlay_not_saved'] as const),
      ...([
        'other_inventory_offered',
        'other_epoch_offered',
        'older_generation_offered',
        'generation_differs',
      ] as const),
      ...(['generation_seen_before', 'generation_not_kept', 'would_found_again', 'tool_folder_noexec'] as const),
      ...([
        'life_unknown_to_coordinator',
        'answer_for_other_node',
        'other_kind_offered',
        'wanted_life_retired',
        'tool_would_run_as_root',
        'conf_differs',
      ] as const),
    ],
    next: there('picket-agent once'),
    explains: [],
  },
];
