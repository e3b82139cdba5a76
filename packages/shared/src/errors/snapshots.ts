import {
  badGateway,
  badRequest,
  conflict,
  insufficientStorage,
  internalError,
  unprocessableContent,
} from './by-status.ts';
/** Errors about snapshots and about restoring a cluster from one. */
export const snapshotErrors = {
  snapshot_refused: conflict(
    'A snapshot of {cluster} cannot be taken: {reason}.',
    '`picket status {cluster}` shows what the cluster waits for. `picket snapshot list {cluster}` lists the existing snapshots.',
  ),
  snapshot_not_wanted: conflict(
    'The coordinator does not ask this node for the snapshot {id}, or no longer.',
    'Fetch the desired state again.',
  ),
  snapshot_part_misplaced: conflict(
    'The coordinator has {received} bytes of the snapshot {id}, but the part that came begins at byte {offset}.',
    'No action needed: the coordinator asks for another snapshot. It may have been restarted in between.',
  ),
  snapshot_invalid: unprocessableContent(
    'The snapshot {id} was not kept: {problem}.',
    'No action needed: the coordinator asks for another snapshot. This one was incomplete, or changed on its way. If this is repeated, look at that member: its agent may send what is no snapshot.',
  ),
  snapshot_no_room: insufficientStorage(
    'The disk has no room for the snapshot {id} in {folder}: {freeMiB} MiB are free, and {reserveMiB} MiB must stay free.',
    'Free some space there (`df -h` shows how full it is), or keep fewer snapshots: `picket cluster set NAME keepHourly=6`. The stored snapshots are unchanged.',
  ),
  snapshot_share_used: insufficientStorage(
    'The snapshot {id} has no room: the snapshots of {cluster} take {usedMiB} MiB of the disk, and the {freeMiB} MiB that are free are kept for other clusters.',
    'Look at the sizes with `picket snapshot list {cluster}`: a member may send too much. If they are right, keep fewer snapshots (`picket cluster set {cluster} keepHourly=6`), keep less for the other clusters (`snapshotSharePercent` below `limits` in coordinator.yml), or use a larger disk. The last snapshot of each cluster that a restore or a reset has given up is kept: if nobody needs one, `picket snapshot remove ID` removes it, and the data that it holds is lost. The stored snapshots are unchanged.',
  ),
  snapshot_damaged: internalError(
    'The snapshot {id} has changed since it was taken: {problem}.',
    'Do not restore it. Choose another snapshot with `picket snapshot list NAME`, and check the place that the list shows under WHERE.',
  ),
  snapshot_not_database: internalError(
    'The snapshot {id} never was a database of etcd, although its hash is right: {problem}.',
    'Do not restore it. An earlier version of Picket checked only the hash. Look at the member that sent it (`picket snapshot list NAME`): its agent may send what is no snapshot.',
  ),
  snapshot_needed: conflict(
    'The snapshot {id} is not removed: it is the newest one of {cluster} or its last one after a deletion, a restore begins from it, or it is being read.',
    '`picket snapshot list {cluster}` and `picket status {cluster}` show which. If it is the newest one, take another one first. If it is being read or moved to the store, repeat this command in some minutes.',
  ),
  snapshot_import_refused: unprocessableContent(
    'The file is not imported as a snapshot of {cluster}: {reason}.',
    'Nothing was kept, and the cluster is unchanged.',
  ),
  snapshot_import_running: conflict(
    'Another file is being imported, as a snapshot of {cluster} by {by}, and only one import runs at a time.',
    'Nothing was kept of yours. Wait until that import has ended, then repeat this command. The coordinator gives an import up after {minutes} minutes without a new part.',
  ),
  snapshot_import_misplaced: conflict(
    'The coordinator has {received} bytes of the import {id}, but the part that came begins at byte {offset}.',
    'Nothing is kept of it. Run `picket snapshot import` again: the coordinator may have been restarted in between.',
  ),
  snapshot_file_unreadable: badRequest(
    'The file {file} cannot be read: {problem}.',
    'Name a snapshot of etcd, such as the one that `etcdctl snapshot save` writes.',
  ),
  snapshot_store_failed: badGateway(
    'The snapshot store {store} cannot be used: {problem}.',
    'Correct the problem at the store, or under snapshotStore in coordinator.yml. No snapshot is lost: the coordinator retries to move its snapshots to the store.',
  ),
  snapshot_object_refused: badGateway(
    'The snapshot store {store} refuses {object}: {problem}.',
    'Check this object in the store, and the rules of its bucket. The other snapshots can be used: `picket snapshot list NAME`.',
  ),
  snapshot_key_missing: badGateway(
    'The snapshot {id} cannot be decrypted from {object}: {problem}.',
    'Put the age identity for which it was encrypted into the file that snapshotStore.ageIdentityFile in coordinator.yml names, and restart the coordinator. Without this identity nobody can read the snapshot: choose another one with `picket snapshot list NAME`.',
  ),
  snapshot_store_unusable: internalError(
    'snapshotStore in coordinator.yml cannot be used: {problem}.',
    'Correct the file and start the coordinator again. Without snapshotStore, new snapshots stay on the coordinator, and the snapshots in the store cannot be read.',
  ),
  rehearsal_refused: conflict(
    'No snapshot of {cluster} is rehearsed: {reason}.',
    '`picket snapshot list {cluster}` lists its snapshots.',
  ),
  rehearsal_running: conflict(
    'The snapshot {snapshot} of {cluster} is being rehearsed, and only one rehearsal runs at a time.',
    'Wait until it has ended, then repeat this command. `GET /v1/clusters/{cluster}/snapshots` shows its progress.',
  ),
  rehearsal_failed: internalError(
    'The snapshot {snapshot} of {cluster} was not restored in a rehearsal: {reason}.',
    'Nothing of the cluster was touched. If the snapshot is at fault, take another one with `picket snapshot take {cluster}` and rehearse that one. Otherwise remove the cause, and repeat this command.',
  ),
  restore_refused: conflict(
    'The cluster {cluster} is not restored: {reason}.',
    'Nothing was changed. `picket status {cluster}` shows the cluster, `picket snapshot list {cluster}` its snapshots.',
  ),
  restore_running: conflict(
    'The cluster {cluster} is already being restored from the snapshot {running}.',
    'Nothing was changed. `picket status {cluster} --watch` shows the progress, and what the restore waits for. To give that restore up for this one, add --force --instead-of {running}: what was written to a cluster that it has founded meanwhile is lost then.',
  ),
  restore_unproven: conflict(
    'The cluster {cluster} is not restored: {lost} voters are known to have lost their data. Without --force, a majority must have lost it. Not known to be lost: {unknown}.',
    'A member that is unreachable or stopped may still have its data: bring it back. A machine that was shut down, or has been silent for seconds, is not lost. If machines or their disks are lost, run `picket node evict ID --lost` for each, then repeat this command. If all machines are lost: (1) repeat this command with --force; (2) run `picket node evict ID --lost` for each lost machine; (3) join new machines with the install command that `picket token create {cluster}` prints. A restore loses all that was written since the snapshot.',
  ),
  restore_needs_name: conflict(
    'The cluster {cluster} is not restored: the etcd of {serving} answered a linearizable read, so a quorum served at that time.',
    'If these machines have died since, repeat this command in {wait}. Otherwise the cluster takes writes, and needs a restore only if its data is damaged. A restore loses all that was written since the snapshot: to do it all the same, add --force --confirm {cluster}.',
  ),
  restore_snapshot_first: conflict(
    'The cluster {cluster} is not restored: its etcd serves, and no last snapshot of it was taken.',
    '`picket cluster restore` takes one and keeps it. Through the API: take a snapshot, and name it as lastSnapshot. To restore without one, add --without-snapshot: all that was written since the newest snapshot is lost then.',
  ),
  restore_snapshot_old: conflict(
    'The cluster {cluster} is not restored: its etcd serves, and the snapshot {snapshot} was not stored within the last {minutes} minutes, or an earlier run of the coordinator has stored it. What was written since then would be lost.',
    'Take another snapshot with `picket snapshot take {cluster}`, and name it as lastSnapshot. `picket cluster restore` does both.',
  ),
  last_snapshot_later: conflict(
    'No last snapshot of {cluster} can be taken yet: the coordinator was started, or its clock was set, a short while ago, and has not heard from {members} since.',
    'Nothing was changed. Wait until the members report, then repeat this command: in {seconds} s at the latest, each has reported or is known to be silent.',
  ),
  restore_loses_writes: conflict(
    'The cluster {cluster} is not restored: its etcd may serve, and no last snapshot of it can be taken: {reason}.',
    'Nothing was changed. Remove the cause, or add --without-snapshot: all that was written since the newest snapshot is lost then.',
  ),
} as const;
