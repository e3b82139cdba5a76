/** The store of the coordinator. */
export const inventoryErrors = {
  inventory_locked: {
    status: 503,
    message: 'The inventory {path} is in use by another process.',
    hint: 'Stop `picket-coordinator serve` first; two on one data directory would publish against each other.',
  },
  inventory_newer: {
    status: 503,
    message: 'The inventory {path} was written by a newer version of Picket (it has the migration {migration}).',
    hint: 'Start that version, or restore the backup made before the upgrade. Nothing was changed.',
  },
  inventory_unreleased: {
    status: 503,
    message: 'The inventory {path} was written by a version of Picket that was never released.',
    hint: 'Start that version, or move the data directory elsewhere and run `picket-coordinator init`. Nothing was changed.',
  },
  inventory_foreign: {
    status: 503,
    message: 'The file {path} is not an inventory of Picket: {problem}.',
    hint: 'Check the data directory in coordinator.yml. Nothing was changed.',
  },
  inventory_unusable: {
    status: 503,
    message: 'The inventory {path} cannot be used: {problem}.',
    hint: 'Check the disk: its free space, its mount options, and the owner of the data directory. What was acknowledged is kept.',
  },
  generation_not_higher: {
    status: 500,
    message: 'Generation {generation} cannot be published to node {nodeId}: it has been given {published} already.',
    hint: 'If the inventory was restored from a backup, adopt its nodes again; otherwise please report this as a bug.',
  },
  operator_exists: {
    status: 409,
    message: 'There is already an operator named {name}.',
    hint: 'Choose another name, or change the role of this one.',
  },
} as const;
