/** Errors of the coordinator’s store. */
export const inventoryErrors = {
  inventory_locked: {
    status: 503,
    message: 'The inventory {path} is in use by another process.',
    hint: 'Stop `picket-coordinator serve` first. Two coordinators with one data directory would publish different states to the same nodes.',
  },
  inventory_newer: {
    status: 503,
    message: 'The inventory {path} was written by a newer version of Picket (migration {migration}).',
    hint: 'Start that version, or restore the backup from before the upgrade. Nothing was changed.',
  },
  inventory_unreleased: {
    status: 503,
    message: 'The inventory {path} was written by a version of Picket that was never released.',
    hint: 'Start that version, or move the data directory to another place and run `picket-coordinator init`. Nothing was changed.',
  },
  inventory_foreign: {
    status: 503,
    message: 'The file {path} is not an inventory of Picket: {problem}.',
    hint: 'Check the data directory in coordinator.yml. Nothing was changed.',
  },
  inventory_altered: {
    status: 500,
    message: 'The inventory {path} is not as Picket makes it: {problem}.',
    hint: 'If it is in a backup, use another backup. If it is the store of this coordinator and you made that change, stop the coordinator and undo the change with sqlite3. Nothing was changed.',
  },
  inventory_unusable: {
    status: 503,
    message: 'The inventory {path} cannot be used: {problem}.',
    hint: 'Check the free space of the disk, its mount options, and the owner of the data directory. All changes that were acknowledged are kept.',
  },
  generation_not_higher: {
    status: 500,
    message:
      'Generation {generation} cannot be published to node {nodeId}: generation {published} was already published to it.',
    hint: 'If the inventory was restored from a backup, re-adopt the node: `picket node readopt {nodeId}`. Otherwise please report this as a bug.',
  },
  operator_exists: {
    status: 409,
    message: 'An operator named {name} already exists.',
    hint: 'Choose another name. `picket operator role` changes the role of that operator, and `picket operator invite` gives it another login string.',
  },
  audit_not_whole: {
    status: 422,
    message: 'The audit log is not whole: {problem}.',
    hint: 'Keep the store of the coordinator as it is, and compare with an earlier export and with the heads in the backups: docs/how-to/see-who-did-what.md.',
  },
} as const;
