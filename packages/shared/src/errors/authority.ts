import { conflict, forbidden, internalError } from './by-status.ts';
/** Errors about the keys of the coordinator and its revocations. */
export const authorityErrors = {
  passphrase_missing: internalError(
    'The passphrase file {path} cannot be read: {problem}.',
    'Put the file back that `picket-coordinator init` made. The keys of the authorities cannot be opened without it.',
  ),
  passphrase_exposed: internalError(
    'The passphrase file {path} can be read by others (mode {mode}).',
    'Run `chmod 600 {path}`. If others may have read this file and the data directory, they have the keys of the authorities. Picket cannot replace these keys yet: in that case set up a new coordinator with another dataDir.',
  ),
  authority_missing: internalError(
    'The authority {authority} is missing from {path}.',
    'Restore the whole folder from a backup of the data directory, together with the passphrase file.',
  ),
  authority_exists: conflict(
    'An authority already exists in {path}.',
    'Picket never overwrites an authority, because its certificates are in use. To set up a new coordinator, choose another data directory.',
  ),
  key_revoked: forbidden(
    'The certificate {serial} of this key was revoked at {revokedAt}. The key gets no other certificate.',
    'Use a new key. On a node, remove the agent’s state, which makes a new key at the next join, and join with a new token.',
  ),
  revocations_damaged: internalError(
    'The revocations in {path} cannot be read: line {line} is damaged.',
    'Restore the file from a backup. Do not delete it: the coordinator would trust the revoked certificates again.',
  ),
} as const;
