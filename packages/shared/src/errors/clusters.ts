import { grantsPicketUser } from '../etcd-users/picket-user.ts';

/** Errors of what operators ask for clusters and members. */
export const clusterErrors = {
  cluster_exists: {
    status: 409,
    message: 'A cluster named {name} already exists.',
    hint: 'Choose another name. `picket status {name}` shows the existing cluster.',
  },
  too_many_clusters: {
    status: 409,
    message: 'The cluster {name} is not created: this coordinator has {most} clusters, and more are not allowed.',
    hint: 'If a cluster and its data are no longer needed, delete both: `picket cluster list`, then `picket cluster delete NAME`. If each one is needed, raise clusters in coordinator.yml (limits), and restart the coordinator.',
  },
  too_many_members: {
    status: 409,
    message:
      'The cluster {name} cannot have {wanted} members: the clusters of this coordinator may have {most} members together, and the other clusters leave {left}.',
    hint: 'Remove members or clusters that are no longer needed. If each one is needed, raise declaredMembers in coordinator.yml (limits), and restart the coordinator. docs/reference/limits.md says how much memory that takes.',
  },
  revision_conflict: {
    status: 412,
    message: 'The cluster {name} is at revision {actual}, and your change was made against revision {expected}.',
    hint: '`picket cluster history {name}` shows the other change. Read the cluster again with `picket cluster export {name}`, then repeat your change.',
  },
  setting_fixed: {
    status: 409,
    message: 'The setting {setting} of the cluster {name} is {is} and cannot become {wanted}: {reason}.',
    hint: '{remedy}',
  },
  quota_too_small: {
    status: 409,
    message:
      'The quota of {name} cannot become {wanted} bytes: the database of {member} has {bytes} bytes, and one member at its quota stops all writes to the cluster.',
    hint: 'Set a quota of at least {leastBytes} bytes: `picket cluster set {name} quotaBackendBytes={leastBytes}`. For a smaller quota, make the database smaller first: delete keys, compact, then run `etcdctl defrag`.',
  },
  revision_unknown: {
    status: 404,
    message: 'The cluster {name} has no revision {revision}.',
    hint: '`picket cluster history {name}` lists the revisions.',
  },
  no_rollout: {
    status: 409,
    message: 'The cluster {name} has no rollout to {order}: {reason}.',
    hint: '`picket status {name}` shows the rollout and the settings of each member.',
  },
  cluster_frozen: {
    status: 409,
    message: 'The cluster {name} is frozen: {reason}.',
    hint: '`picket status {name}` says what ends the freeze. Until then the nodes keep their last desired state.',
  },
  cluster_overtaken: {
    status: 409,
    message: 'The cluster {name} stays frozen: {reason}. A seal proves that.',
    hint: 'Put the newer store of the coordinator back. If it is lost, run `picket-coordinator backup` on this coordinator, then `picket-coordinator restore` with that backup: the restored coordinator has a new epoch and takes the cluster over from the reports of its nodes.',
  },
  node_quarantined: {
    status: 409,
    message: 'Node {nodeId} is quarantined: {reason}.',
    hint: 'etcd keeps running. `picket status CLUSTER` shows what an operator can do.',
  },
  state_not_rendered: {
    status: 409,
    message: 'The coordinator cannot render the desired state of node {nodeId}: {reason}',
    hint: 'Correct what the reason names, or let another machine replace this node: `picket token create CLUSTER --member NAME`. Until then etcd keeps the last desired state.',
  },
  not_frozen: {
    status: 409,
    message: 'The cluster {name} is not frozen.',
    hint: '`picket status {name}` shows what the cluster waits for.',
  },
  node_has_life: {
    status: 409,
    message: 'The node {nodeId} is the member {member} of {cluster}, which has already started as {phase}.',
    hint: 'To use another machine, switch this one off, and paste on the other the line that `picket token create {cluster} --member {member}` prints. If the data is lost and you have no other machine, give it up: `picket node evict {nodeId} --lost`. If this is a founder that cannot found the cluster, give up all that was written to it: `picket cluster reset {cluster}`. Otherwise replace the member first, which gives up its copy of the data: `picket member replace {cluster} {member}`.',
  },
  former_life_stands: {
    status: 409,
    message:
      'The node {nodeId} ({member} of {cluster}) is not evicted: the cluster is being restored or deleted, and its agent has not confirmed that its etcd is stopped.',
    hint: 'Wait until the agent confirms it. If the machine or its disk is lost, give up its data: `picket node evict {nodeId} --lost`.',
  },
  replace_refused: {
    status: 409,
    message: 'The member {member} of {cluster} is not replaced: {reason}.',
    hint: 'Nothing was changed. `picket status {cluster}` shows the members. If a majority has lost its data, restore a snapshot, which loses all that was written since: `picket cluster restore {cluster} --snapshot ID`.',
  },
  disruption_refused: {
    status: 409,
    message: 'The {act} of {member} in {cluster} is refused: {reason}.',
    hint: 'Nothing was changed. {advice}',
  },
  member_not_held: {
    status: 409,
    message: 'The member {member} of {cluster} is not held.',
    hint: 'Nothing was changed. `picket status {cluster}` shows which member is held.',
  },
  handover_refused: {
    status: 409,
    message: 'The leadership of {cluster} does not move to {member}: {reason}.',
    hint: 'Nothing was changed. `picket status {cluster}` shows the leader and what the cluster waits for.',
  },
  remove_refused: {
    status: 409,
    message: 'The member {member} of {cluster} is not removed: {reason}.',
    hint: 'Nothing was changed. `picket status {cluster}` shows the members. Those that stay must be a majority that serves, after each of the removals: bring one of them back first.',
  },
  cluster_restoring: {
    status: 409,
    message:
      'The cluster {name} is being restored from the snapshot {snapshot}, and has no member that could carry this order out.',
    hint: 'Nothing was changed. `picket status {name} --watch` shows the progress, and what the restore waits for. Repeat this command when the cluster serves.',
  },
  etcd_authentication_on: {
    status: 409,
    message:
      '{refused}: etcd’s authentication is on in {cluster} and keeps Picket out. Picket sees neither members nor data, and changes nothing.',
    hint: `Nothing was changed. \`picket status {cluster}\` shows the cause. If etcd does not know Picket’s user, run on a member: \`${grantsPicketUser}\`. Wait until \`picket status {cluster}\` shows the members as healthy, then repeat this command.`,
  },
  authentication_refused: {
    status: 409,
    message: 'etcd’s authentication is not switched {wanted} in {cluster}: {reason}.',
    hint: '{advice}',
  },
  authentication_unknown: {
    status: 409,
    message: 'It is not known whether etcd’s authentication was switched {wanted} in {cluster}: {reason}.',
    hint: 'Clients without an etcd user may have lost their access, or got it. On a member, run `etcdctl auth status`: it shows what is true. `picket status {cluster}` shows why no member reports it.',
  },
  keep_refused: {
    status: 409,
    message: 'The replacement of {member} in {cluster} cannot be taken back: {reason}.',
    hint: 'Nothing was changed. `picket status {cluster}` shows the members. A member that has left etcd enters again with an empty data directory.',
  },
  delete_needs_name: {
    status: 409,
    message: 'The cluster {name} is not deleted: it was founded, and the request does not repeat its name.',
    hint: 'Nothing was changed. To delete the cluster with all its data, add --confirm {name}.',
  },
  delete_refused: {
    status: 409,
    message: 'The cluster {name} is not deleted: {reason}.',
    hint: 'Nothing was changed. To delete it without a last snapshot, add --without-snapshot: all that was written since the newest snapshot is lost then. If the coordinator was restored and the nodes of this cluster no longer exist, add --force too. If the cluster is frozen, unfreeze it first.',
  },
  cluster_deleted: {
    status: 409,
    message: 'An operator has ordered to delete the cluster {name}, so nothing else of it can change.',
    hint: '`picket status {name}` shows what the deletion waits for. To use its name or its hosts again, wait until it is deleted, then declare a new cluster.',
  },
  reset_needs_name: {
    status: 409,
    message:
      'The formation of {name} is not reset: the etcd of {serving} answered a linearizable read, so the cluster served at that time.',
    hint: 'If that machine has died since, repeat this command in {wait}. Otherwise the cluster takes writes, and a reset loses all that was written. To reset it all the same, add --confirm {name}.',
  },
  reset_refused: {
    status: 409,
    message: 'The formation of {name} cannot be reset: {reason}.',
    hint: 'Nothing was changed. A reset gives up all that was written. It is only possible while the founder is the only voter. `picket status {name}` shows the cluster.',
  },
} as const;
