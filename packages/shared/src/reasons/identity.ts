/** Why issuance to a node is frozen: there seem to be two of it (R15). */
export const identityReasons = {
  superseded_key_shown: ({ generation }: { readonly generation: number }) =>
    `a key of it that was superseded (generation ${generation}) was shown again, so that there are two of it`,
  superseded_key_to_renew: () => 'a key that it had given up was to be its identity again, so that there are two of it',
  other_keys_shown: ({ keys }: { readonly keys: readonly string[] }) =>
    `another key of it was shown too (${keys.join(', ')}), so that there are two of it`,
  former_key_shown: () =>
    'it was taken up again with another key than the one that was shown now, so that there are two of it',
  two_runs_report: () => 'reports of two runs of its agent have come by turns, so that there are two of it',
} as const;
