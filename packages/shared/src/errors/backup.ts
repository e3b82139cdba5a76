import { badGateway, conflict, forbidden, internalError } from './by-status.ts';
/** Errors of the backup and restore of a coordinator, and of the re-adoption of its nodes. */
export const backupErrors = {
  backup_exists: conflict('The file {path} already exists.', 'Name another file: Picket never overwrites a backup.'),
  backup_not_written: internalError(
    'The backup could not be written to {path}: {problem}.',
    'No part of the file was kept. Correct the problem or name another file, then make the backup again.',
  ),
  backup_damaged: internalError(
    'The backup {path} cannot be used: {problem}.',
    'Use another backup. Nothing was changed.',
  ),
  backup_unusable: internalError(
    'backup in coordinator.yml cannot be used: {problem}.',
    'Correct the file and start the coordinator again. Without `backup`, it makes backups only when you run `picket-coordinator backup`.',
  ),
  backup_not_stored: badGateway(
    'No backup could be stored in {target}: {problem}.',
    'Correct the problem there, or under `backup` in coordinator.yml. The coordinator tries again.',
  ),
  backup_copies_missing: badGateway(
    'Only {known} of {wanted} boards are known to have the newest backup of the coordinator.',
    'Check that the boards run, that their agents are of this version, and that their disks have room: `picket status` shows it. `picket backups` names the members that have a copy.',
  ),
  backup_copy_not_wanted: conflict(
    'The coordinator wants no copy of the backup with the hash {sha256} on this node.',
    'No action needed. The next report is answered with the one that it wants, if any.',
  ),
  backup_sealed: internalError(
    'The backup {path} is encrypted, and cannot be opened: {problem}.',
    'Give the file with its age identity: `--identity FILE`. It is the file that `picket-coordinator backup key` made. Nothing was changed.',
  ),
  backup_not_authentic: internalError(
    'The backup {path} is not authentic: its MAC does not match the passphrase in {passphraseFile}.',
    'Either this passphrase belongs to another coordinator, or somebody changed the backup. Put the right passphrase into {passphraseFile}, or use another backup. Nothing was changed.',
  ),
  backup_without_mac: internalError(
    'The backup {path} has no MAC, so Picket cannot tell whether somebody changed it.',
    'Either an earlier version of Picket made it, or somebody removed the MAC. If its coordinator still runs, upgrade it and make a new backup. If this is your only backup and nobody else could write to it, add `--without-mac`: whoever changed the backup can then be an admin of the restored coordinator. Nothing was changed.',
  ),
  coordinator_not_restored: conflict(
    'Nothing was restored into {dataDir}: {problem}.',
    'A restore never overwrites a coordinator. Move everything in {dataDir} to another place, except authority/revocations.log and the folder snapshots, and try again.',
  ),
  node_awaits_readoption: forbidden(
    'This coordinator was restored from a backup, and no operator has re-adopted node {nodeId} yet.',
    'Run `picket node readopt {nodeId}`. Until then the node keeps its last desired state.',
  ),
  node_not_heard: conflict(
    'This coordinator was restored from a backup, and does not yet know the last desired state of node {nodeId}.',
    'No action needed. The node keeps its last desired state, and gets the next one after its next report.',
  ),
  node_newer_than_backup: forbidden(
    'This coordinator was restored from a backup, and node {nodeId} joined as {name} after that backup.',
    'Run `picket token create CLUSTER --member {name}` (for a client: --client), then on the node `picket-agent join --again` with that join string. The node keeps its ID, and keeps its last desired state until then.',
  ),
  key_not_shown: conflict(
    'Node {nodeId} has not shown the key {key} since this coordinator started.',
    'Check that the agent of the node runs and reaches this coordinator, then run `picket node readopt {nodeId}` again.',
  ),
  key_given_up: conflict(
    'The key {key} cannot be the identity of node {nodeId}: {problem}.',
    'Switch off the machine that has this key. On the right machine, join again with a new token, as docs/how-to/fix-a-copied-node.md describes.',
  ),
  readoption_not_needed: conflict(
    'Node {nodeId} does not need re-adoption: {problem}.',
    'No action needed. `picket status` shows what its cluster waits for.',
  ),
  readoption_ambiguous: conflict(
    'Machines have shown more than one key for node {nodeId}: {keys}.',
    'One of these machines is a copy. Find the right one, switch the other off, and name the key of the right one: `picket node readopt {nodeId} --key KEY`.',
  ),
} as const;
