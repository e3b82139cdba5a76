/** Why something that the coordinator can say is in no transcript. */
export type Reasons<Name extends string> = Readonly<Record<string, readonly Name[]>>;

/** Codes that the coordinator's sources throw. */
export const errorCodesNotReached: Reasons<string> = {
  'they are of its commands install, init, serve, restore and backup, which end before there is an API': [
    ...['already_initialised', 'authority_exists', 'authority_missing', 'backup_damaged', 'backup_exists'],
    ...[
      'backup_not_authentic',
      'backup_sealed',
      'backup_unusable',
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
    ...['not_confirmed', 'service_impossible', 'service_silent', 'service_step_failed', 'take_over_refused'],
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
  'a machine that joins must have another etcd or processor than those of the transcripts; unit tests have them': [
    ...['architecture_unsupported', 'release_not_for_machine', 'etcd_not_installed', 'etcd_too_old', 'etcd_too_new'],
  ],
  'somebody must have changed the store': ['audit_not_whole'],
  'it is the reason in an event, of a disk or store that the coordinator of the transcripts cannot break': [
    'backup_not_stored',
    'backup_copies_missing',
  ],
  'an earlier version must have kept it': ['snapshot_not_database'],
  'they tell of a fault of the coordinator itself': [
    ...['change_kept', 'generation_not_higher', 'internal', 'state_not_rendered'],
  ],
  'they need a race, a node of another release, or dozens of requests; unit tests have them': [
    ...[
      'channel_limit',
      'keep_refused',
      'key_given_up',
      'key_revoked',
      'layout_invalid',
      'node_not_heard',
      'release_store_full',
      'release_version_given',
      'remove_refused',
      'restore_loses_writes',
      'restore_snapshot_old',
      'last_snapshot_later',
      'rehearsal_running',
    ],
    'too_many_streams',
    'too_many_log_requests',
    ...['too_many_clusters', 'too_many_members', 'too_many_clients', 'too_many_nodes'],
    ...['idempotency_key_reused', 'idempotent_request_running', 'idempotent_answer_unknown'],
  ],
};

/** Errors that a route's contract lists, of codes that a transcript has. */
export const errorsNotReached: Reasons<string> = {
  'what each order finds so already, unit tests have': [
    ...of('GET /v1/clusters/:name/upgrade', ['already_so']),
    ...of('POST /v1/clusters/:name/members/:member/move-leader', ['already_so']),
    ...of('POST /v1/clusters/:name/members/:member/replace', ['already_so']),
    ...of('POST /v1/clusters/:name/rollout', ['already_so']),
    ...of('POST /v1/clusters/:name/upgrade', ['already_so']),
  ],
  'a transcript has it of another route, from the same check': [
    ...of('PATCH /v1/clusters/:name', ['etcd_authentication_on']),
    ...of('POST /v1/clusters/:name/delete', ['etcd_authentication_on']),
    ...of('POST /v1/clusters/:name/revert', [
      'etcd_authentication_on',
      'minor_needs_upgrade',
      'quota_too_small',
      'release_missing',
      'release_refused_for_cluster',
      'revision_conflict',
      'upgrade_under_way',
    ]),
    ...of('GET /v1/clusters/:name/upgrade', ['release_missing', 'release_refused_for_cluster']),
    ...of('POST /v1/clusters/:name/upgrade', ['release_missing', 'release_refused_for_cluster']),
    ...of('GET /v1/clusters/:name/downgrade', ['release_missing', 'release_refused_for_cluster']),
    ...of('POST /v1/clusters/:name/downgrade', ['release_missing', 'release_refused_for_cluster']),
    ...of('POST /v1/clusters/:name/rollout', ['revision_conflict']),
    ...of('POST /v1/clusters/:name/authentication', ['etcd_authentication_on']),
    ...of('GET /v1/audit/head', ['not_found']),
    ...of('POST /v1/join', ['identity_frozen', 'identity_superseded', 'member_heard']),
    ...of('POST /v1/join/client', [
      'agent_version_differs',
      'identity_frozen',
      'identity_superseded',
      'joined_as_another',
      'node_evicted',
      'token_bound_elsewhere',
      'token_expired',
      'token_unknown',
      'token_used_up',
    ]),
    ...of('POST /v1/recover', [
      'identity_frozen',
      'identity_superseded',
      'node_awaits_readoption',
      'node_evicted',
      'node_newer_than_backup',
    ]),
    ...of('GET /v1/node/desired-state', ['node_quarantined']),
    ...of('GET /v1/node/backups/:sha256', ['identity_frozen']),
    ...of('POST /v1/node/backups/:sha256', ['identity_frozen']),
    ...of('POST /v1/node/hold', ['disruption_refused', 'identity_frozen', 'node_is_client', 'node_quarantined']),
    ...of('POST /v1/node/release', ['identity_frozen', 'node_is_client', 'node_quarantined']),
    ...of('PUT /v1/node/snapshots/:id', ['node_is_client']),
    ...of('POST /v1/node/snapshots/:id', ['node_is_client', 'snapshot_part_misplaced']),
    ...of('GET /v1/node/snapshots/:id', ['node_is_client', 'snapshot_damaged', 'snapshot_not_wanted']),
    ...of('POST /v1/nodes/:id/evict', ['replace_refused']),
    ...of('POST /v1/nodes/:id/readoption', ['node_evicted']),
    ...of('POST /v1/nodes/:id/logs', [
      'log_of_evicted_node',
      'node_awaits_readoption',
      'node_is_client',
      'node_quarantined',
    ]),
    ...of('GET /v1/nodes/:id/logs/:follow', [
      'log_agent_too_old',
      'log_not_sent',
      'log_of_evicted_node',
      'log_unreadable',
      'node_awaits_readoption',
      'node_is_client',
      'node_quarantined',
    ]),
    ...of('PUT /v1/releases/:sha256/content', ['release_refused']),
    ...of('PUT /v1/release-fetches/:sha256', ['release_uploads_busy']),
    ...of('POST /v1/snapshot-imports/:id', ['snapshot_import_misplaced']),
    ...of('GET /v1/snapshots/:id/content', ['snapshot_damaged']),
    ...of('POST /v1/clusters/:name/restore', ['snapshot_damaged']),
  ],
};

function of(route: string, codes: readonly string[]): readonly string[] {
  return codes.map((code) => `${route} ${code}`);
}

/** Kinds of event. The sentences of all steps stand in tables/steps.txt. */
export const eventKindsNotReached: Reasons<string> = {
  'they are of commands that run while the coordinator is stopped': [
    ...['clock-accepted', 'operator-made', 'operator-renewed'],
  ],
  'they are of the process that serves; the tests of its command have them': [
    ...['backup-made', 'coordinator-started', 'coordinator-stopped'],
  ],
  'they need a coordinator or a node of another release': ['record-version', 'retire-incarnation'],
  'they need a fault of the coordinator itself': ['state-not-rendered'],
  'they need the programs of etcd and a database; the tests of rehearsals have them': ['snapshot-rehearsed'],
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
    ...['pause-upgrade', 'note-raft-index', 'end-upgrade-stage', 'end-upgrade', 'assign-downgrade', 'record-downgrade'],
    ...['assign-authentication', 'record-authentication', 'assign-admission', 'record-admission', 'root-certificate'],
    ...['assign-comparison', 'record-comparison', 'assign-disarming', 'withdraw-disarming', 'record-no-corruption'],
  ],
};
