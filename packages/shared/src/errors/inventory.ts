import { conflict, internalError, unavailable } from './by-status.ts';
/** Errors of the coordinator’s store. */
export const inventoryErrors = {
  inventory_locked: unavailable(
    'The inventory {path} is in use by another process.',
    'Stop `picket-coordinator serve` first. Two coordinators with one data directory would publish different states to the same nodes.',
  ),
  inventory_newer: unavailable(
    'The inventory {path} was written by a newer version of Picket (migration {migration}).',
    'Start that version, or restore the backup from before the upgrade. Nothing was changed.',
  ),
  inventory_unreleased: unavailable(
    'The inventory {path} was written by a version of Picket that was never released.',
    'Start that version, or move the data directory to another place and run `picket-coordinator init`. Nothing was changed.',
  ),
  inventory_foreign: unavailable(
    'The file {path} is not an inventory of Picket: {problem}.',
    'Check the data directory in coordinator.yml. Nothing was changed.',
  ),
  inventory_altered: internalError(
    'The inventory {path} is not as Picket makes it: {problem}.',
    'If it is in a backup, use another backup. If it is the store of this coordinator and you made that change, stop the coordinator and undo the change with sqlite3. Nothing was changed.',
  ),
  inventory_unusable: unavailable(
    'The inventory {path} cannot be used: {problem}.',
    'Check the free space of the disk, its mount options, and the owner of the data directory. All changes that were acknowledged are kept.',
  ),
  generation_not_higher: internalError(
    'Generation {generation} cannot be published to node {nodeId}: generation {published} was already published to it.',
    'If the inventory was restored from a backup, re-adopt the node: `picket node readopt {nodeId}`. Otherwise please report this as a bug.',
  ),
  operator_exists: conflict(
    'An operator named {name} already exists.',
    'Choose another name. `picket operator role` changes the role of that operator, and `picket operator invite` gives it another login string.',
  ),
  audit_not_whole: conflict(
    'The audit log is not whole: {problem}.',
    'Keep the store of the coordinator as it is, and compare with an earlier export and with the heads in the backups: docs/how-to/see-who-did-what.md.',
  ),
} as const;
