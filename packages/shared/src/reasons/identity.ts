type NodeId = { readonly nodeId: string };
type Serial = { readonly serial: string };
type At = { readonly at: string };

/** Why issuance to a node is frozen, since there seem to be two of it (R15), and why a certificate or a key proves nobody. */
export const identityReasons = {
  superseded_key_shown: ({ generation }: { readonly generation: number }) =>
    `a key of it that was superseded (generation ${generation}) was shown again: there is a copy of the node`,
  superseded_key_to_renew: () => 'a key that it had given up was to be its identity again: there is a copy of the node',
  other_keys_shown: ({ keys }: { readonly keys: readonly string[] }) =>
    `another key of it was shown too (${keys.join(', ')}): there is a copy of the node`,
  former_key_shown: () =>
    'it was taken up again with another key than the one that was shown now: there is a copy of the node',
  two_runs_report: () => 'reports of two runs of its agent come by turns: there is a copy of the node',
  serial_unknown: ({ serial }: Serial) => `its serial number ${serial} is not known here`,
  not_the_issued: ({ serial }: Serial) => `it is not the certificate that was issued as ${serial}`,
  revoked_at: ({ at }: At) => `it was revoked at ${at}`,
  valid_only_from: ({ from, now }: { readonly from: string; readonly now: string }) =>
    `it is valid only from ${from}; it is ${now} here`,
  ended_at: ({ at }: At) => `it ended at ${at}`,
  node_unknown: ({ nodeId }: NodeId) => `node ${nodeId} is not known here`,
  node_evicted_at: ({ nodeId, at }: NodeId & At) => `node ${nodeId} was evicted at ${at}`,
  newer_key_in_force: ({ nodeId }: NodeId) => `node ${nodeId} has a newer one`,
  operator_without_role: ({ name }: { readonly name: string }) => `operator ${name} has no role`,
  names_no_principal: () => 'it names no principal',
  not_restored: () => 'this coordinator was not restored from a backup',
  taken_up_already: () => 'it was taken up already, with this key',
  certificate_of_key_revoked: ({ serial }: Serial) => `the certificate ${serial} for it was revoked`,
  key_of_another_node: () => 'it is that of another node',
  key_was_given_up: ({ generation }: { readonly generation: number }) =>
    `the node gave it up (generation ${generation})`,
} as const;
