import { grantsPicketUser } from '../etcd-users/picket-user.ts';
import { conflict, notFound, preconditionFailed } from './by-status.ts';

/** Errors of what operators ask for clusters and members. */
export const clusterErrors = {
  cluster_exists: conflict(
    'A cluster named {cluster} already exists.',
    'Choose another name. `picket status {cluster}` shows the existing cluster.',
  ),
  too_many_clusters: conflict(
    'The cluster {cluster} is not created: this coordinator has {most} clusters, and more are not allowed.',
    'If a cluster and its data are no longer needed, delete both: `picket cluster list`, then `picket cluster delete NAME`. If each one is needed, raise clusters in coordinator.yml (limits), and restart the coordinator.',
  ),
  too_many_members: conflict(
    'The cluster {cluster} cannot have {wanted} members: the clusters of this coordinator may have {most} members together, and the other clusters leave {left}.',
    'Remove members or clusters that are no longer needed. If each one is needed, raise declaredMembers in coordinator.yml (limits), and restart the coordinator. docs/reference/limits.md says how much memory that takes.',
  ),
  revision_conflict: preconditionFailed(
    'The cluster {cluster} is at revision {actual}, and your change was made against revision {expected}.',
    '`picket cluster history {cluster}` shows the other change. Read the cluster again with `picket cluster export {cluster}`, then repeat your change.',
  ),
  setting_fixed: conflict(
    'The setting {setting} of the cluster {cluster} is {is} and cannot become {wanted}: {reason}.',
    '{remedy}',
  ),
  quota_too_small: conflict(
    'The quota of {cluster} cannot become {wanted} bytes: the database of {member} has {bytes} bytes, and one member at its quota stops all writes to the cluster.',
    'Set a quota of at least {leastBytes} bytes: `picket cluster set {cluster} quotaBackendBytes={leastBytes}`. For a smaller quota, make the database smaller first: delete keys, compact, then run `etcdctl defrag`.',
  ),
  revision_unknown: notFound(
    'The cluster {cluster} has no revision {revision}.',
    '`picket cluster history {cluster}` lists the revisions.',
  ),
  no_rollout: conflict(
    'The cluster {cluster} has no rollout to {order}: {reason}.',
    '`picket status {cluster}` shows the rollout and the settings of each member.',
  ),
  upgrade_refused: conflict(
    'The cluster {cluster} is not upgraded to {to}: {reason}.',
    'Nothing was changed. After you have corrected this, repeat the command.',
  ),
  downgrade_refused: conflict(
    'The cluster {cluster} is not downgraded to {to}: {reason}.',
    'Nothing was changed. After you have corrected this, repeat the command.',
  ),
  upgrade_under_way: conflict(
    'The etcd of the cluster {cluster} is being changed to {to}, and its {setting} cannot change meanwhile.',
    'Nothing was changed. `picket status {cluster}` shows the progress. To take it back: `picket rollout abort {cluster}`.',
  ),
  cluster_frozen: conflict(
    'The cluster {cluster} is frozen: {reason}.',
    '`picket status {cluster}` says what ends the freeze. Until then the nodes keep their last desired state.',
  ),
  cluster_overtaken: conflict(
    'The cluster {cluster} stays frozen: {reason}. A seal proves that.',
    'Put the newer store of the coordinator back. If it is lost, run `picket-coordinator backup` on this coordinator, then `picket-coordinator restore` with that backup: the restored coordinator has a new epoch and takes the cluster over from the reports of its nodes.',
  ),
  node_quarantined: conflict(
    'Node {nodeId} is quarantined: {reason}.',
    'etcd keeps running. `picket status CLUSTER` shows what an operator can do.',
  ),
  state_not_rendered: conflict(
    'The coordinator cannot render the desired state of node {nodeId}: {reason}',
    'Correct what the reason names, or let another machine replace this node: `picket token create CLUSTER --member NAME`. Until then etcd keeps the last desired state.',
  ),
  already_so: conflict('Nothing was changed: {reason}.', 'No action needed.'),
  not_frozen: conflict(
    'The cluster {cluster} is not frozen.',
    'No action needed. `picket status {cluster}` shows what the cluster waits for.',
  ),
  node_has_incarnation: conflict(
    'The node {nodeId} is the member {member} of {cluster}, which has already started as {phase}.',
    'To use another machine, switch this one off, and paste on the other the install command that `picket token create {cluster} --member {member}` prints. If the data is lost and you have no other machine, give it up: `picket node evict {nodeId} --lost`. If this is a founder that cannot found the cluster, give up all that was written to it: `picket cluster reset {cluster}`. Otherwise replace the member first, which gives up its copy of the data: `picket member replace {cluster} {member}`.',
  ),
  former_incarnation_stands: conflict(
    'The node {nodeId} ({member} of {cluster}) is not evicted: the cluster is being restored or deleted, and its agent has not confirmed that its etcd is stopped.',
    'Wait until the agent confirms it. If the machine or its disk is lost, give up its data: `picket node evict {nodeId} --lost`.',
  ),
  replace_refused: conflict(
    'The member {member} of {cluster} is not replaced: {reason}.',
    'Nothing was changed. `picket status {cluster}` shows the members. If a majority has lost its data, restore a snapshot, which loses all that was written since: `picket cluster restore {cluster} --snapshot ID`.',
  ),
  disruption_refused: conflict(
    'The {act} of {member} in {cluster} is refused: {reason}.',
    'Nothing was changed. {advice}',
  ),
  member_not_held: conflict(
    'The member {member} of {cluster} is not held.',
    'No action needed. `picket status {cluster}` shows which member is held.',
  ),
  handover_refused: conflict(
    'The leadership of {cluster} does not move to {member}: {reason}.',
    'Nothing was changed. `picket status {cluster}` shows the leader and what the cluster waits for.',
  ),
  remove_refused: conflict(
    'The member {member} of {cluster} is not removed: {reason}.',
    'Nothing was changed. `picket status {cluster}` shows the members. Those that stay must be a majority that serves, after each of the removals: bring one of them back first.',
  ),
  cluster_restoring: conflict(
    'The cluster {cluster} is being restored from the snapshot {snapshot}, and has no member that could carry this order out.',
    'Nothing was changed. `picket status {cluster} --watch` shows the progress, and what the restore waits for. Repeat this command when the cluster serves.',
  ),
  etcd_authentication_on: conflict(
    '{refused}: etcd’s authentication is on in {cluster} and keeps Picket out. Picket sees neither members nor data, and changes nothing.',
    `Nothing was changed. \`picket status {cluster}\` shows the cause. If etcd does not know Picket’s user, run on a member: \`${grantsPicketUser}\`. Wait until \`picket status {cluster}\` shows the members as healthy, then repeat this command.`,
  ),
  authentication_refused: conflict(
    'etcd’s authentication is not switched {wanted} in {cluster}: {reason}.',
    '{advice}',
  ),
  authentication_unknown: conflict(
    'It is not known whether etcd’s authentication was switched {wanted} in {cluster}: {reason}.',
    'Clients without an etcd user may have lost their access, or got it. On a member, run `etcdctl auth status`: it shows what is true. `picket status {cluster}` shows why no member reports it.',
  ),
  keep_refused: conflict(
    'The replacement of {member} in {cluster} cannot be taken back: {reason}.',
    'Nothing was changed. `picket status {cluster}` shows the members. A member that has left etcd enters again with an empty data directory.',
  ),
  delete_needs_name: conflict(
    'The cluster {cluster} is not deleted: it was founded, and the request does not repeat its name.',
    'Nothing was changed. To delete the cluster with all its data, add --confirm {cluster}.',
  ),
  delete_refused: conflict(
    'The cluster {cluster} is not deleted: {reason}.',
    'Nothing was changed. To delete it without a last snapshot, add --without-snapshot: all that was written since the newest snapshot is lost then. If the coordinator was restored and the nodes of this cluster no longer exist, add --force too. If the cluster is frozen, unfreeze it first.',
  ),
  cluster_deleted: conflict(
    'An operator has ordered to delete the cluster {cluster}, so nothing else of it can change.',
    '`picket status {cluster}` shows what the deletion waits for. To use its name or its hosts again, wait until it is deleted, then declare a new cluster.',
  ),
  reset_needs_name: conflict(
    'The formation of {cluster} is not reset: the etcd of {serving} answered a linearizable read, so the cluster served at that time.',
    'If that machine has died since, repeat this command in {wait}. Otherwise the cluster takes writes, and a reset loses all that was written. To reset it all the same, add --confirm {cluster}.',
  ),
  reset_refused: conflict(
    'The formation of {cluster} cannot be reset: {reason}.',
    'Nothing was changed. A reset gives up all that was written. It is only possible while the founder is the only voter. `picket status {cluster}` shows the cluster.',
  ),
} as const;
