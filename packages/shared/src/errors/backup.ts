/** Backup and restore of a coordinator, and taking its nodes up again. */
export const backupErrors = {
  backup_exists: {
    status: 409,
    message: 'There is already a file {path}.',
    hint: 'Name another: a backup is never overwritten.',
  },
  backup_not_written: {
    status: 500,
    message: 'The backup could not be written to {path}: {problem}.',
    hint: 'Nothing of it was kept. Correct that, or name another file, and make it again.',
  },
  backup_damaged: {
    status: 500,
    message: 'The backup {path} cannot be used: {problem}.',
    hint: 'Use another one. Nothing was put in place.',
  },
  coordinator_not_restored: {
    status: 409,
    message: 'Nothing was restored into {dataDir}: {problem}.',
    hint: 'A restore never overwrites. Move the coordinator that is there away as a whole, all but authority/revocations.log and the folder snapshots, and try again.',
  },
  node_awaits_readoption: {
    status: 403,
    message:
      'This coordinator was restored from a backup, and node {nodeId} was not taken up again by an operator yet.',
    hint: 'The node goes on by its last desired state. An operator: `picket node readopt {nodeId}`.',
  },
  node_not_heard: {
    status: 409,
    message:
      'This coordinator was restored from a backup, and has not heard since then what node {nodeId} was told last.',
    hint: 'The node goes on by its last desired state. It is told anew once its next report has come: nothing is to be done.',
  },
  node_newer_than_backup: {
    status: 403,
    message: 'This coordinator was restored from a backup that is older than node {nodeId}, which joined as {name}.',
    hint: 'The node goes on by its last desired state. `picket token create CLUSTER --member {name}` (or --client), and on the node `picket-agent join --again` with it: it stays the node that it is.',
  },
  key_not_shown: {
    status: 409,
    message: 'Node {nodeId} has not shown the key {key} to this coordinator since it was started.',
    hint: 'See that its agent runs and reaches this coordinator, then `picket node readopt {nodeId}` again.',
  },
  key_given_up: {
    status: 409,
    message: 'The key {key} cannot be the identity of node {nodeId}: {problem}.',
    hint: 'Switch off the machine that has it. The right one joins again with a new token, as after a copied card.',
  },
  readoption_not_needed: {
    status: 409,
    message: 'Node {nodeId} needs not be taken up again: {problem}.',
    hint: '`picket status` shows what its cluster waits for.',
  },
  readoption_ambiguous: {
    status: 409,
    message: 'For node {nodeId} more than one key was shown: {keys}.',
    hint: 'One of them is a copy. Find out which machine is the right one, switch the other off, and name the key of the right one with --key.',
  },
} as const;
