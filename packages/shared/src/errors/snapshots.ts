/** Snapshots, and restoring a cluster from one. */
export const snapshotErrors = {
  snapshot_refused: {
    status: 409,
    message: 'No snapshot of {cluster} can be taken: {reason}.',
    hint: '`picket status {cluster}` shows what it waits for; the snapshots that there are: `picket snapshot list {cluster}`.',
  },
  snapshot_not_wanted: {
    status: 409,
    message: 'The snapshot {id} is not asked of this node, or not any more.',
    hint: 'Fetch the desired state again.',
  },
  snapshot_part_misplaced: {
    status: 409,
    message: 'The snapshot {id} has {received} bytes here, and a part came that begins at {offset}.',
    hint: 'The coordinator may have been started anew meanwhile. It asks for another snapshot by itself.',
  },
  snapshot_invalid: {
    status: 422,
    message: 'The snapshot {id} is not kept: {problem}.',
    hint: 'It was cut short, or changed on its way. The coordinator asks for another by itself.',
  },
  snapshot_no_room: {
    status: 507,
    message:
      'There is no room for the snapshot {id} in {folder}: {freeMiB} MiB are free, and {reserveMiB} MiB must stay free.',
    hint: 'Free some space there (`df -h`), or keep fewer: `picket cluster set NAME keepHourly=6`. What was kept before is unchanged.',
  },
  snapshot_damaged: {
    status: 500,
    message: 'The snapshot {id} is not as it was when it was taken: {problem}.',
    hint: 'Do not restore it: choose another (`picket snapshot list`), and look at where this one lies: WHERE in the list.',
  },
  snapshot_store_failed: {
    status: 502,
    message: 'The snapshot store {store} cannot be used: {problem}.',
    hint: 'Nothing is lost by it. Correct that, at the store or under snapshotStore in coordinator.yml; moving snapshots there is tried again by itself.',
  },
  snapshot_object_refused: {
    status: 502,
    message: 'The snapshot store {store} refuses {object}: {problem}.',
    hint: 'Look at it in the store, and at the rules of its bucket. Other snapshots can be used: `picket snapshot list`.',
  },
  snapshot_store_unusable: {
    status: 500,
    message: 'snapshotStore in coordinator.yml cannot be used: {problem}.',
    hint: 'Correct the file and start again. Without snapshotStore new snapshots stay here, and those that are in the store cannot be read.',
  },
  restore_refused: {
    status: 409,
    message: 'The cluster {name} is not restored: {reason}.',
    hint: 'Nothing was changed. `picket status {name}` shows the cluster, `picket snapshot list {name}` what it can be restored from.',
  },
  restore_unproven: {
    status: 409,
    message:
      'The cluster {name} is not restored: {lost} voters are known to have lost their data, and without --force a majority must have. Not known to be lost: {unknown}.',
    hint: 'A member that is silent, stopped or ended may still have its data: bring it back. If a machine or its disk is lost, say so for each one, and repeat this: `picket node evict ID --lost`. If all machines are lost: (1) repeat this with --force; (2) `picket node evict ID --lost` for each lost machine; (3) join new ones by the line of `picket token create {name}`.',
  },
  restore_needs_name: {
    status: 409,
    message:
      'The cluster {name} is not restored: the etcd of {serving} answered a linearizable read, so a quorum served then.',
    hint: 'If these machines have died since, repeat this in {wait}. Otherwise the cluster takes writes, and needs a restore only if its data is ruined: to give up all that was written since the snapshot, add --force --confirm {name}.',
  },
} as const;
