/** Errors about the keys of the coordinator and its revocations. */
export const authorityErrors = {
  passphrase_missing: {
    status: 500,
    message: 'The passphrase file {path} cannot be read: {problem}.',
    hint: 'Put the file back that `picket-coordinator init` made. The keys of the authorities cannot be opened without it.',
  },
  passphrase_exposed: {
    status: 500,
    message: 'The passphrase file {path} can be read by others (mode {mode}).',
    hint: 'Run `chmod 600 {path}`. If others may have read this file and the data directory, they have the keys of the authorities. Picket cannot replace these keys yet: in that case set up a new coordinator with another dataDir.',
  },
  authority_missing: {
    status: 500,
    message: 'The authority {authority} is missing from {path}.',
    hint: 'Restore the whole folder from a backup of the data directory, together with the passphrase file.',
  },
  authority_exists: {
    status: 409,
    message: 'An authority already exists in {path}.',
    hint: 'Picket never overwrites an authority, because its certificates are in use. To set up a new coordinator, choose another data directory.',
  },
  key_revoked: {
    status: 403,
    message: 'The certificate {serial} of this key was revoked at {revokedAt}. The key gets no other certificate.',
    hint: 'Use a new key. On a node, remove the agent’s state, which makes a new key at the next join, and join with a new token.',
  },
  revocations_damaged: {
    status: 500,
    message: 'The revocations in {path} cannot be read: line {line} is damaged.',
    hint: 'Restore the file from a backup. Do not delete it: the coordinator would trust the revoked certificates again.',
  },
} as const;
