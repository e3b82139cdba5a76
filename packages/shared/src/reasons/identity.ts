/** Why a node gets no certificates because a copy of it seems to exist (R15), and why a certificate or a key proves no identity. */
export const identityReasons = {
  superseded_key_shown: 'a superseded key of it (generation {generation}) was shown again: there is a copy of the node',
  superseded_key_to_renew:
    'it asked to renew its identity with a key that it gave up before: there is a copy of the node',
  other_keys_shown: ({ keys }: { readonly keys: readonly string[] }) =>
    `another key of it was shown as well (${keys.join(', ')}): there is a copy of the node`,
  former_key_shown: 'it was re-adopted with another key than the one shown now: there is a copy of the node',
  two_runs_report: 'reports of two runs of its agent alternate: there is a copy of the node',
  serial_unknown: 'this coordinator does not know its serial number {serial}',
  not_the_issued: 'it is not the certificate that was issued as {serial}',
  revoked_at: 'it was revoked at {at}',
  valid_only_from: 'it is valid only from {from}, and the time here is {now}',
  ended_at: 'it ended at {at}',
  node_unknown: 'this coordinator does not know node {nodeId}',
  node_evicted_at: 'node {nodeId} was evicted at {at}',
  newer_key_in_force: 'node {nodeId} has a newer key',
  operator_without_role: 'operator {name} has no role',
  names_no_principal: 'it names neither a node nor an operator',
  not_restored: 'this coordinator was not restored from a backup',
  taken_up_already: 'it was already re-adopted with this key',
  certificate_of_key_revoked: 'its certificate {serial} was revoked',
  key_of_another_node: 'it belongs to another node',
  key_was_given_up: 'the node gave it up (generation {generation})',
} as const;
