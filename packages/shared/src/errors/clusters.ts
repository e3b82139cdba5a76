/** What operators want of clusters and members. */
export const clusterErrors = {
  cluster_exists: {
    status: 409,
    message: 'There is already a cluster named {name}.',
    hint: 'Choose another name; `picket status {name}` shows what is there.',
  },
  revision_conflict: {
    status: 412,
    message: 'The cluster {name} is at revision {actual}, and your change was made against revision {expected}.',
    hint: 'Read it again, look at what the other change did, and repeat yours.',
  },
  setting_fixed: {
    status: 409,
    message: 'The setting {setting} of the cluster {name} is {is} and cannot become {wanted}: {reason}.',
    hint: 'Leave it as it is; `picket cluster export {name}` shows all settings. A machine that has joined under the wrong name is freed by `picket node evict ID`.',
  },
  quota_too_small: {
    status: 409,
    message:
      'The quota of {name} cannot become {wanted} bytes: {member} has a database of {bytes} bytes, and a member at its quota keeps the whole cluster from writing.',
    hint: 'Give it at least {leastBytes} bytes, or make the database smaller first: delete, compact, then `etcdctl defrag`.',
  },
  timing_apart: {
    status: 409,
    message:
      'The timing of {name} cannot change in one step: while its members restart one after another, an election timeout of {electionTimeoutMs} ms meets heartbeats every {heartbeatIntervalMs} ms, and must be at least five times that.',
    hint: 'Set {first} first; once `picket status {name}` tells of no rollout any more, set {next}.',
  },
  revision_unknown: {
    status: 404,
    message: 'The cluster {name} has no revision {revision}.',
    hint: '`picket cluster history {name}` shows those that there are.',
  },
  no_rollout: {
    status: 409,
    message: 'The cluster {name} has nothing to {order}: {reason}.',
    hint: '`picket status {name}` shows how far its settings have come.',
  },
  cluster_frozen: {
    status: 409,
    message: 'The cluster {name} is frozen: {reason}.',
    hint: 'Nodes go on by their last desired state. Clear the reason, then run `picket cluster unfreeze {name}`.',
  },
  cluster_overtaken: {
    status: 409,
    message: 'The cluster {name} stays frozen: {reason}. A seal proves that.',
    hint: 'Put the newer store of the coordinator back. If that is lost, run `picket-coordinator backup` here and `picket-coordinator restore` that backup: its new epoch takes the cluster over from its nodes.',
  },
  node_quarantined: {
    status: 409,
    message: 'Node {nodeId} is quarantined: {reason}.',
    hint: 'etcd goes on. `picket status` of the cluster says what an operator can do.',
  },
  state_not_rendered: {
    status: 409,
    message: 'What node {nodeId} should have cannot be rendered: {reason}',
    hint: 'etcd goes on by the last desired state. An operator corrects what the reason names, or gives the place of this node to another machine with `picket token create CLUSTER --member NAME`.',
  },
  not_frozen: {
    status: 409,
    message: 'The cluster {name} is not frozen.',
    hint: '`picket status {name}` shows what it waits for.',
  },
  node_has_life: {
    status: 409,
    message: 'The node {nodeId} holds the member {member} of {cluster}, which has begun its life as {phase}.',
    hint: 'For another machine in its place, switch this one off and paste the line of `picket token create {cluster} --member {member}` there. If its data is lost and no other machine is at hand: `picket node evict {nodeId} --lost`. A founder that cannot: `picket cluster reset {cluster}`. Else end that life first: `picket member replace {cluster} {member}`.',
  },
  former_life_stands: {
    status: 409,
    message:
      'The node {nodeId} ({member} of {cluster}) is not evicted: its etcd is not known to be stopped, and the cluster is being restored.',
    hint: 'Wait until its agent confirms that. If the machine or its disk is lost: `picket node evict {nodeId} --lost`.',
  },
  replace_refused: {
    status: 409,
    message: 'The member {member} of {cluster} is not replaced: {reason}.',
    hint: 'Nothing was changed. `picket status {cluster}` shows the members. Where a majority is lost, the way back is a snapshot: `picket cluster restore {cluster} --snapshot ID`.',
  },
  etcd_authentication_on: {
    status: 409,
    message:
      '{refused}: etcd’s authentication is on in {cluster}. Picket then sees neither members nor data, and changes nothing.',
    hint: 'Nothing was changed. On a member, switch it off: `etcdctl auth disable --user root:PASSWORD`. Wait until `picket status {cluster}` shows the members as healthy, then repeat this.',
  },
  reset_needs_name: {
    status: 409,
    message:
      'The formation of {name} is not reset: the etcd of {serving} answered a linearizable read, so the cluster served then.',
    hint: 'If that machine has died since, repeat this in {wait}. Otherwise the cluster takes writes, and a reset gives up all that was written: if that is meant, add --confirm {name}.',
  },
  reset_refused: {
    status: 409,
    message: 'The formation of {name} cannot be reset: {reason}.',
    hint: 'A reset abandons what the founder holds; it is for formations whose founder is the only voter.',
  },
} as const;
