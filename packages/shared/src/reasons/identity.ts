import { text } from './text.ts';

/** Why a node gets no certificates because a copy of it seems to exist (R15), and why a certificate or a key proves no identity. */
export const identityReasons = {
  superseded_key_shown: text(
    'a superseded key of it (generation {generation}) was shown again: there is a copy of the node',
  ),
  superseded_key_to_renew: () =>
    'it asked to renew its identity with a key that it gave up before: there is a copy of the node',
  other_keys_shown: ({ keys }: { readonly keys: readonly string[] }) =>
    `another key of it was shown as well (${keys.join(', ')}): there is a copy of the node`,
  former_key_shown: () => 'it was re-adopted with another key than the one shown now: there is a copy of the node',
  two_runs_report: () => 'reports of two runs of its agent alternate: there is a copy of the node',
  serial_unknown: text('this coordinator does not know its serial number {serial}'),
  not_the_issued: text('it is not the certificate that was issued as {serial}'),
  revoked_at: text('it was revoked at {at}'),
  valid_only_from: text('it is valid only from {from}, and the time here is {now}'),
  ended_at: text('it ended at {at}'),
  node_unknown: text('this coordinator does not know node {nodeId}'),
  node_evicted_at: text('node {nodeId} was evicted at {at}'),
  newer_key_in_force: text('node {nodeId} has a newer key'),
  operator_without_role: text('operator {name} has no role'),
  names_no_principal: () => 'it names neither a node nor an operator',
  not_restored: () => 'this coordinator was not restored from a backup',
  taken_up_already: () => 'it was already re-adopted with this key',
  certificate_of_key_revoked: text('its certificate {serial} was revoked'),
  key_of_another_node: () => 'it belongs to another node',
  key_was_given_up: text('the node gave it up (generation {generation})'),
} as const;
