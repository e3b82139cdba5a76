/** The keys of the coordinator, and its revocations. */
export const authorityErrors = {
  passphrase_missing: {
    status: 500,
    message: 'The passphrase file {path} cannot be read: {problem}.',
    hint: 'Put back the file that `picket-coordinator init` made; without it the authority keys cannot be opened.',
  },
  passphrase_exposed: {
    status: 500,
    message: 'The passphrase file {path} can be read by others (mode {mode}).',
    hint: 'Run `chmod 600 {path}`. If others may have read it and the data directory, they have the authority keys: these cannot be replaced yet but by a new coordinator in another dataDir.',
  },
  authority_missing: {
    status: 500,
    message: 'The authority {authority} is not in {path}.',
    hint: 'Restore the whole folder from a backup of the data directory, together with the passphrase file.',
  },
  authority_exists: {
    status: 409,
    message: 'There is already an authority in {path}.',
    hint: 'It is never overwritten: its certificates are in use. To begin anew, choose another data directory.',
  },
  key_revoked: {
    status: 403,
    message: 'The certificate {serial} of this key was revoked at {revokedAt}; the key gets no other.',
    hint: 'Make a new key: on a node, remove the agent state and join with a new token.',
  },
  revocations_damaged: {
    status: 500,
    message: 'The revocations in {path} cannot be read: line {line} is damaged.',
    hint: 'Restore the file from a backup. Do not delete it: certificates that it revokes would be trusted again.',
  },
} as const;
