/** Why something that the coordinator can say is in no transcript. */
export type Reasons<Name extends string> = Readonly<Record<string, readonly Name[]>>;

/** Codes that the coordinator's sources throw. */
export const errorCodesNotReached: Reasons<string> = {
  'they are of its commands init, serve, restore and backup, which end before there is an API': [
    ...['already_initialised', 'authority_exists', 'authority_missing', 'backup_damaged', 'backup_exists'],
    ...[
      'backup_not_authentic',
      'backup_not_written',
      'backup_without_mac',
      'inventory_altered',
      'cannot_listen',
      'config_differs',
      'config_invalid',
      'config_missing',
      'context_exists',
    ],
    ...['coordinator_not_restored', 'folder_of_another_user', 'inventory_foreign', 'inventory_locked'],
    ...['inventory_newer', 'inventory_unreleased', 'inventory_unusable', 'name_invalid', 'not_initialised'],
    ...['passphrase_exposed', 'passphrase_missing', 'revocations_damaged', 'usage_invalid'],
  ],
  'they need a store for snapshots beside the coordinator, or a full disk': [
    ...[
      'release_no_room',
      'snapshot_no_room',
      'snapshot_share_used',
      'snapshot_key_missing',
      'snapshot_object_refused',
    ],
    ...['snapshot_store_failed', 'snapshot_store_unusable'],
  ],
  'somebody must have changed the store': ['audit_not_whole'],
  'an earlier version must have kept it': ['snapshot_not_database'],
  'they tell of a fault of the coordinator itself': [
    ...['change_kept', 'generation_not_higher', 'internal', 'state_not_rendered'],
  ],
  'they need a race, a node of another release, or dozens of requests; unit tests have them': [
    ...[
      'channel_limit',
      'key_given_up',
      'key_revoked',
      'layout_invalid',
      'node_not_heard',
      'release_store_full',
      'remove_refused',
      'restore_loses_writes',
      'restore_snapshot_old',
      'last_snapshot_later',
    ],
    'too_many_streams',
    'too_many_log_requests',
    ...['too_many_clusters', 'too_many_members', 'too_many_clients', 'too_many_nodes'],
    ...['idempotency_key_reused', 'idempotent_request_running', 'idempotent_answer_unknown'],
  ],
};

/** Kinds of event. The sentences of all steps stand in tables/steps.txt. */
export const eventKindsNotReached: Reasons<string> = {
  'they are of commands that run while the coordinator is stopped': [
    ...['clock-accepted', 'operator-made', 'operator-renewed'],
  ],
  'they are of the process that serves; the tests of its command have them': [
    ...['backup-made', 'coordinator-started', 'coordinator-stopped'],
  ],
  'they need a coordinator or a node of another release': ['record-version', 'retire-life'],
  'they need a fault of the coordinator itself': ['state-not-rendered'],
  'they need an etcd or a machine that fails; the unit and end-to-end tests of the conditions have them': [
    ...[
      'agent-restarted',
      'clock-right',
      'clock-wrong',
      'data-found',
      'data-lost',
      'data-missing',
      'disk-free',
      'disk-full',
      'disk-low',
    ],
    ...[
      'etcd-restarted',
      'leader-changed',
      'more-changes',
      'quorum-regained',
      'requests-refused',
      'quorum-unknown',
      'voter-up',
    ],
  ],
  'tables/scenes.txt has them, or the unit tests of the controller': [
    ...[
      'forget-addition',
      'forget-assignment',
      'record-lagging',
      'record-undeclared',
      'record-unfit',
      'withdraw-assignment',
    ],
    ...['withdraw-snapshot', 'withdraw-maintenance', 'release-node'],
    ...['assign-authentication', 'record-authentication'],
    ...['assign-comparison', 'record-comparison', 'assign-disarming', 'withdraw-disarming', 'record-no-corruption'],
  ],
};
