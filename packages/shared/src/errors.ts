import { inWords } from './reasons/in-words.ts';
import type { AnyReason } from './reasons/reason.ts';

/**
 * The one table of errors. Each code has an HTTP status, a message that says what is wrong and a hint that
 * says what to do. `{name}` in either is filled from the details, which are sent along with the code.
 *
 * Details are printed, logged and sent to operators: no secret may be among them (R11).
 */
export const errorTable = {
  // Requests in general
  invalid_request: {
    status: 400,
    message: 'The request is not valid: {problem}.',
    hint: 'Correct the named field; unknown fields are refused. --help of the command tells what it takes, /openapi.json what each route of the API does.',
  },
  not_found: {
    status: 404,
    message: 'There is no {what} named {name}.',
    hint: 'Check the spelling; the list of its kind shows what there is: `picket cluster list`, `picket node list`, `picket token list`, `picket snapshot list NAME`, `picket release list`.',
  },
  payload_too_large: {
    status: 413,
    message: 'The request body is larger than {limitBytes} bytes.',
    hint: 'Send a smaller body.',
  },
  too_many_requests: {
    status: 429,
    message: 'The coordinator answers at most {most} {what} within {seconds} s for one client, and this is one more.',
    hint: 'Try again in {retryAfterSeconds} s. If nothing is wrong with the client, raise the limit in coordinator.yml (limits), and restart the coordinator.',
  },
  internal: {
    status: 500,
    message: 'The coordinator failed unexpectedly (reference {reference}).',
    hint: 'The coordinator log has the cause under this reference. Nothing was half done; try again.',
  },

  // Configuration files
  config_missing: {
    status: 500,
    message: 'The configuration file {file} cannot be read: {reason}.',
    hint: 'Name another with --config, or copy the annotated sample from etc/.',
  },
  config_invalid: {
    status: 500,
    message: 'The configuration file {file} is not valid: {problem}.',
    hint: 'Correct it and try again; the annotated samples in etc/ show every key.',
  },
  declaration_unreadable: {
    status: 400,
    message: 'The file {file} cannot be read: {problem}.',
    hint: 'Name another with --file. `picket cluster export NAME` prints one to begin with.',
  },
  declaration_invalid: {
    status: 400,
    message: 'The file {file} does not say what a cluster should be: {problem}.',
    hint: 'Correct it and try again; `picket cluster export NAME` prints one with every key.',
  },

  // The coordinator's process
  cannot_listen: {
    status: 500,
    message: 'The coordinator cannot listen on {address} port {port}: {reason}.',
    hint: 'Stop what listens there (ss -ltnp shows it), or set port or listenAddress in coordinator.yml.',
  },
  context_exists: {
    status: 409,
    message: 'There is already a file {path}, and it is not the context of {operator} at this coordinator.',
    hint: 'Name another with --context, or move that one away; what was made so far is kept.',
  },
  not_initialised: {
    status: 503,
    message: 'There is no coordinator in {dataDir} yet.',
    hint: 'Run picket-coordinator init; one that was cut short goes on where it stopped.',
  },
  config_differs: {
    status: 409,
    message: 'The configuration file {file} is there already, and says {key}: {is}, not {wanted}.',
    hint: 'Change it there, or leave {option} out. Nothing was made.',
  },
  already_initialised: {
    status: 409,
    message: 'There is already a coordinator in {dataDir}.',
    hint: 'Run picket-coordinator serve; for another coordinator, name another dataDir in its configuration.',
  },
  folder_of_another_user: {
    status: 500,
    message:
      'Root does not work in {path}, which belongs to the user with the ID {uid}: links that this user creates there could lead root to any file.',
    hint: "Run the command as that user. For the packaged service: su -s /bin/sh picket -c 'picket-coordinator COMMAND'. For init and restore, first move the folder away.",
  },

  // Backup and restore
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

  // Who is asking
  certificate_required: {
    status: 401,
    message: 'This route needs a client certificate issued by this coordinator, and none was accepted: {reason}.',
    hint: 'Nodes get one by joining; operators use the context file that picket-coordinator init wrote.',
  },
  not_permitted: {
    status: 403,
    message: 'The principal {principal} may not do this; it needs {needs}.',
    hint: 'Use an operator context with that role. On the coordinator, while it is stopped, `picket-coordinator operator NAME --role ROLE --context FILE` makes one or changes the role.',
  },
  installer_missing: {
    status: 404,
    message: 'This coordinator has no agent to hand out: the files for nodes are not where it looks for them.',
    hint: 'In a checkout run `npm run build` and start the coordinator again; elsewhere let installDir in coordinator.yml name their folder.',
  },

  identity_superseded: {
    status: 401,
    message: 'The key that was shown is of generation {generation} of node {nodeId}, which has a newer one.',
    hint: 'If this machine is a copy of another, switch it off. If it is the node itself, set back to an older copy of its disk: `picket token create CLUSTER --member NAME`, and here `picket-agent join --again`.',
  },
  identity_frozen: {
    status: 403,
    message: 'Node {nodeId} gets no certificate since {frozenAt}: {reason}.',
    hint: 'etcd goes on. Find the copy of this node and switch it off, then `picket node unfreeze {nodeId}`; or join the right one again with a new token.',
  },
  identity_not_frozen: {
    status: 409,
    message: 'Node {nodeId} is not frozen.',
    hint: '`picket node list` shows which nodes are.',
  },
  identity_key_used: {
    status: 409,
    message: 'The key of this request has been the identity of a node before.',
    hint: 'A renewal needs a new key; the agent makes one. To keep the same key, join again.',
  },
  key_unknown: {
    status: 401,
    message: 'No node is known here by the key that was shown.',
    hint: 'Join with a new token. If the coordinator was restored from a backup, it may be older than this node.',
  },
  // Joining
  join_string_invalid: {
    status: 400,
    message: 'The join string cannot be read: {problem}.',
    hint: 'Paste the whole string that `picket token create` printed: pkt1.ID.SECRET.PIN, in one line.',
  },
  pin_mismatch: {
    status: 502,
    message: 'The coordinator at {url} does not hold the certificate authority that the join string names.',
    hint: 'Nothing secret was sent. Check the address; the string may be from another coordinator, or someone sits in between.',
  },
  token_unknown: {
    status: 401,
    message: 'The join token {tokenId} is not known here or its secret is wrong.',
    hint: 'Paste the whole join string again, or make a new one with `picket token create`.',
  },
  token_expired: {
    status: 401,
    message: 'The join token {tokenId} has not been valid since {expiredAt}: it expired, or was revoked.',
    hint: 'Make a new one with `picket token create`; --ttl makes it last longer, and `picket events` tells of a revocation.',
  },
  token_used_up: {
    status: 401,
    message: 'The join token {tokenId} has been used as often as it allows ({uses}).',
    hint: 'Make a new one with `picket token create`; --uses allows more than one node.',
  },
  token_bound_elsewhere: {
    status: 403,
    message: 'The join token {tokenId} is bound to the {kind} {boundTo}, and this node is {name}.',
    hint: 'Use it on {boundTo}, or pass --name if the host name is not the {kind} name.',
  },
  token_for_clients: {
    status: 403,
    message: 'The join token {tokenId} is for clients, and this machine asks to be the member {name}.',
    hint: 'To make it a client, which runs no etcd, run join with --client. `picket token create` without --client makes a token for members.',
  },
  token_for_members: {
    status: 403,
    message: 'The join token {tokenId} is for members, and this machine asks to be the client {name}.',
    hint: 'To make it a member, run join without --client. `picket token create` with --client makes a token for clients.',
  },
  client_named_as_member: {
    status: 409,
    message: 'The name {name} is that of a member of {cluster}; a client needs one of its own.',
    hint: 'Give the client another name: --name, else it is the host name. To make the machine the member, use a token for members and leave --client out.',
  },
  client_taken: {
    status: 409,
    message: 'The client {name} of {cluster} is already node {nodeId}, which joined at {joinedAt}.',
    hint: 'Pass --name with another name. On that node itself run picket-agent join again, its key is known; if it is gone: `picket node evict {nodeId}`.',
  },
  member_not_declared: {
    status: 404,
    message: 'The cluster {cluster} has no member {name}; it has {declared}.',
    hint: 'Use one of those. A machine joins as --name says, else as its host name.',
  },
  address_not_declared: {
    status: 404,
    message: 'The cluster {cluster} has no member at {address}; it has {declared}.',
    hint: 'Pass --address with the address that hosts.csv gives this machine, or --name with its name there.',
  },
  member_taken: {
    status: 409,
    message: 'The member {name} of {cluster} is already held by node {nodeId}, which joined at {joinedAt}.',
    hint: 'On that node run picket-agent join again, its key is known. If that machine or its disk is lost: switch it off, wait until it is not heard, and run `picket node evict {nodeId} --lost`; or join another machine in its place by a token for this member alone, `picket token create {cluster} --member {name}`.',
  },
  member_heard: {
    status: 409,
    message: 'The member {name} of {cluster} is not free: {reason}.',
    hint: 'No other machine takes its place while it may be there. If that is to be, switch it off, and paste the line again {wait} after.',
  },
  node_heard: {
    status: 409,
    message: 'The node {nodeId} ({name} of {cluster}) is not evicted as lost: {reason}.',
    hint: 'A node that is heard is not lost. If it must go, switch it off, wait {wait}, and repeat this. To end the life of a member whose agent runs: `picket member replace {cluster} {name}`.',
  },
  node_may_serve: {
    status: 409,
    message:
      'The node {nodeId} ({name} of {cluster}) is not evicted as lost: the etcd of {serving} answered a linearizable read, so a quorum served then, and at least one of {lost} was alive.',
    hint: 'If one of them still runs, start its agent; or stop its etcd, wait 35 s, and repeat this. If all of them have died since, repeat this in {wait}.',
  },
  joined_as_another: {
    status: 409,
    message:
      'This machine is node {nodeId} already, the {kind} {member} of {cluster}; it cannot join {wantedCluster} as {name}.',
    hint: 'Join again as the {kind} that it is, --name {member}; to make something else of it, remove the agent state first, which makes a new key.',
  },
  node_evicted: {
    status: 403,
    message: 'Node {nodeId}, whose key this is, was evicted at {evictedAt}.',
    hint: 'Its key is not accepted any more. To join as a new node, move the agent state and what it wrote to /etc/etcd away, and use a new token.',
  },
  address_not_on_node: {
    status: 409,
    message: 'The member {name} has the address {address}, which is on none of this node’s interfaces ({addresses}).',
    hint: 'Set the address on an interface; a VIP does not count. If hosts.csv has it wrong: `picket cluster export`, correct it there, `picket cluster apply`, which changes the address of a member as which no machine has joined, until the cluster is founded.',
  },
  agent_version_differs: {
    status: 409,
    message:
      'This agent is version {version}, and the coordinator {coordinator}: they are more than one minor version apart.',
    hint: 'Install the agent that this coordinator hands out, by a line of `picket token create`. Nothing was changed here, and the join token is not spent.',
  },
  etcd_minor_differs: {
    status: 409,
    message: 'This machine has etcd {version}, and the cluster {cluster} runs {runs}.',
    hint: 'The members of a cluster run one minor version: install etcd {minor} on this machine, then run join again. Nothing was changed here, and the join token is not spent.',
  },
  clock_behind: {
    status: 503,
    message: 'The coordinator’s clock says {now}, which is before its last issuance at {lastIssuance}.',
    hint: 'Set the coordinator’s clock if it is wrong. If it is right, it was wrong then: start it once as `picket-coordinator serve --accept-clock`, which forgets that moment.',
  },

  // Node protocol
  report_basis_unknown: {
    status: 409,
    message: 'The coordinator does not hold the status this report builds on.',
    hint: 'Send the whole status.',
  },
  report_superseded: {
    status: 409,
    message: 'This report is of run {run} of the agent, and run {latest} has reported already.',
    hint: 'A late report needs nothing. If it goes on, the node’s disk was set back to an older copy, or cloned.',
  },
  node_is_client: {
    status: 404,
    message: 'This node is the client {client} of {cluster}, and has no member to tell of.',
    hint: '`picket-agent status` on the machine tells what it has; `picket status {cluster}` tells of all nodes.',
  },
  purpose_not_wanted: {
    status: 404,
    message: 'This node should hold no {purpose} certificate now.',
    hint: 'Fetch the desired state again.',
  },

  // Clusters
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

  // Snapshots
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

  // Releases
  release_refused: {
    status: 422,
    message: 'The file {name} is not taken into the release store: {problem}.',
    hint: 'Nothing was kept. Take the archive of an etcd release for Linux, such as etcd-v3.5.24-linux-arm64.tar.gz, or the etcdutl in it, and its hash from the SHA256SUMS of that release.',
  },
  release_part_misplaced: {
    status: 409,
    message:
      'Of the file with the SHA-256 {sha256}, {received} bytes are here, and a part came that begins at {offset}.',
    hint: 'The coordinator may have been restarted, or somebody else sends the same file. Run `picket release add` again.',
  },
  release_uploads_busy: {
    status: 429,
    message: 'Other files are on their way into the release store: {most} at a time.',
    hint: 'Wait until they are there. A file that nobody goes on sending is given up after {minutes} minutes.',
  },
  release_store_full: {
    status: 409,
    message: 'The release store holds {most} programs, and takes no more.',
    hint: 'Remove one first: `picket release list`, `picket release remove SHA256`.',
  },
  release_no_room: {
    status: 507,
    message: 'There is no room for a release in {folder}: {freeMiB} MiB are free, and {reserveMiB} MiB must stay free.',
    hint: 'Free some space there (`df -h`). What was kept before is unchanged.',
  },
  release_in_use: {
    status: 409,
    message: 'The release {sha256} is not removed: {cluster} is being restored, and its founder may still fetch it.',
    hint: 'Wait until `picket status {cluster}` shows the cluster founded.',
  },
  release_not_wanted: {
    status: 409,
    message: 'The release {sha256} is not in the desired state of this node, or not any more.',
    hint: 'Fetch the desired state again.',
  },
  release_file_unreadable: {
    status: 400,
    message: 'The file {file} cannot be read: {problem}.',
    hint: 'Name the archive of an etcd release, such as etcd-v3.5.24-linux-arm64.tar.gz, or an etcdutl.',
  },

  // Authority
  passphrase_missing: {
    status: 500,
    message: 'The passphrase file {path} cannot be read: {problem}.',
    hint: 'Put back the file that `picket-coordinator init` made; without it the authority keys cannot be opened.',
  },
  passphrase_exposed: {
    status: 500,
    message: 'The passphrase file {path} can be read by others (mode {mode}).',
    hint: 'Run `chmod 600 {path}`. If others may have read it and the data directory, they have the authority keys: these cannot be replaced yet but by a new coordinator in another dataDir.',
  },
  authority_missing: {
    status: 500,
    message: 'The authority {authority} is not in {path}.',
    hint: 'Restore the whole folder from a backup of the data directory, together with the passphrase file.',
  },
  authority_exists: {
    status: 409,
    message: 'There is already an authority in {path}.',
    hint: 'It is never overwritten: its certificates are in use. To begin anew, choose another data directory.',
  },
  key_revoked: {
    status: 403,
    message: 'The certificate {serial} of this key was revoked at {revokedAt}; the key gets no other.',
    hint: 'Make a new key: on a node, remove the agent state and join with a new token.',
  },
  revocations_damaged: {
    status: 500,
    message: 'The revocations in {path} cannot be read: line {line} is damaged.',
    hint: 'Restore the file from a backup. Do not delete it: certificates that it revokes would be trusted again.',
  },

  // Inventory
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

  // PKI
  pem_malformed: {
    status: 400,
    message: 'The PEM text of {what} is not valid: {problem}.',
    hint: 'It must hold whole blocks from -----BEGIN …----- to -----END …-----, and nothing around them.',
  },
  csr_malformed: {
    status: 400,
    message: 'The certificate signing request cannot be read: {problem}.',
    hint: 'Make a new one (PKCS#10, PEM); the agent and `openssl req -new` both do.',
  },
  csr_key_unsupported: {
    status: 400,
    message: 'The certificate signing request is for {problem}, which gets no certificate here.',
    hint: 'Use a P-256 key by name, or RSA of 2048 to 4096 bits with exponent 65537.',
  },
  csr_signature_invalid: {
    status: 400,
    message: 'The certificate signing request does not prove possession of its key: {problem}.',
    hint: 'Sign it with the key it holds, by SHA-256; if it was sent through something that changes files, send it again.',
  },
  csr_asks_for_ca: {
    status: 400,
    message: 'The certificate signing request asks to be a certificate authority.',
    hint: 'Make it without extensions: what a certificate may do comes from the spec alone.',
  },
  csr_asks_for_names: {
    status: 400,
    message: 'The certificate signing request asks for names: {names}.',
    hint: 'Make it without subjectAltName: names come from the spec alone. To get a name, have an operator put it there.',
  },
  csr_asks_for_more: {
    status: 400,
    message: 'The certificate signing request asks for more than a certificate: {asked}.',
    hint: 'Make it without attributes and extensions: what stands in a certificate comes from the spec alone.',
  },
  certificate_malformed: {
    status: 400,
    message: 'The certificate cannot be read: {problem}.',
    hint: 'Check that the file is the one meant and was copied whole (`openssl x509 -in FILE -text`).',
  },
  certificate_untrusted: {
    status: 401,
    message: 'The certificate {certificate} is not trusted: {problem}.',
    hint: 'Compare its issuer with the authorities trusted here; one made again under the same name is another authority.',
  },
  certificate_not_yet_valid: {
    status: 401,
    message: 'The certificate {certificate} is valid only from {notBefore}; it is {now} here.',
    hint: 'Check the clocks of this machine and of the one that issued it.',
  },
  certificate_expired: {
    status: 401,
    message: 'The certificate {certificate} ended at {notAfter}; it is {now} here.',
    hint: 'Check the clock of this machine; if it is right, the certificate must be renewed.',
  },
  name_invalid: {
    status: 400,
    message: 'The {kind} "{name}" cannot stand in a certificate: {problem}.',
    hint: 'Correct it where it comes from: the spec, or the command.',
  },
  lifetime_refused: {
    status: 400,
    message: 'A certificate from {notBefore} to {notAfter} cannot be issued: {problem}.',
    hint: 'Ask for a shorter lifetime, or replace the authority first if it is near its end.',
  },
  authority_unusable: {
    status: 400,
    message: 'The authority {authority} cannot issue certificates: {problem}.',
    hint: 'Give the certificate of an authority together with its own private key.',
  },
  key_malformed: {
    status: 400,
    message: 'The private key cannot be read: {problem}.',
    hint: 'Give the one PEM block of the private key (PKCS#8; SEC 1 and PKCS#1 are read too), whole.',
  },
  key_passphrase_wrong: {
    status: 400,
    message: 'The private key cannot be decrypted: the passphrase is wrong, or the key file is damaged.',
    hint: 'Check that the passphrase file is the one that belongs to this key.',
  },
  key_unsupported: {
    status: 400,
    message: 'No certificate can be made for or by {problem}.',
    hint: 'Use a P-256 key by name, or RSA of 2048 to 4096 bits with exponent 65537.',
  },
  credential_mismatch: {
    status: 400,
    message: 'The private key is not the one that the certificate {certificate} is for.',
    hint: 'Put the certificate together with the key its request was made with; TLS fails every handshake otherwise.',
  },
  bundle_holds_key: {
    status: 400,
    message: 'The certificate bundle holds a private key.',
    hint: 'Take it out: bundles are published. If this one was, replace that key.',
  },

  // etcd configuration
  layout_invalid: {
    status: 422,
    message: 'No conf.yml can be made of the folders of {name}: {problem}.',
    hint: 'Correct etcDir, stateDir and logFile in agent.yml of that machine, then run `picket-agent join` there again. Nothing was kept.',
  },
  layout_fixed: {
    status: 409,
    message: 'The folders of {name} do not change while its etcd lives in them: {etcDir}, {dataRoot} and {logFile}.',
    hint: 'Put these paths back in agent.yml. To change them, run `picket member replace {cluster} {name}` first.',
  },
  etcd_config_invalid: {
    status: 422,
    message: 'The etcd configuration is not valid: {problems}.',
    hint: "Correct each point in the cluster's spec. Nothing was written: the member keeps the conf.yml it has.",
  },
  etcd_config_unreadable: {
    status: 422,
    message: 'This conf.yml cannot be read: {problems}.',
    hint: "Picket writes this file: put back the one that it wrote, and change the cluster's spec instead.",
  },

  // hosts.csv
  hosts_file_unreadable: {
    status: 422,
    message: 'The host list cannot be read: {problem}.',
    hint: 'A host list is a small UTF-8 text file with an address and a name on each line, as in 192.168.7.11,x-k3s-m-1.',
  },
  hosts_file_invalid: {
    status: 422,
    message: 'The host list is not valid: {problems}.',
    hint: 'Correct each line; it holds an address and a name, as in 192.168.7.11,x-k3s-m-1. Nothing was changed.',
  },

  // Agent
  disk_full: {
    status: 507,
    message: 'There is no room to write {path}: {problem}.',
    hint: 'Free some space on that file system (`df -h`; old logs are the first to go) and try again. What was there is unchanged.',
  },
  path_not_writable: {
    status: 500,
    message: '{path} cannot be written: {problem}.',
    hint: '{remedy}',
  },
  path_not_readable: {
    status: 500,
    message: '{path} cannot be read: {problem}.',
    hint: 'Run the agent as root, or give its user leave to read that path.',
  },
  user_unknown: {
    status: 500,
    message: 'There is no user {user} on this machine, so etcd cannot run as it.',
    hint: 'Install the etcd package, which makes that user, or name another one as etcdUser in agent.yml.',
  },
  service_not_installed: {
    status: 500,
    message: 'etcd cannot be started: no service definition has been installed in {path}.',
    hint: 'The agent installs it before it starts etcd; start the agent again.',
  },
  service_not_started: {
    status: 500,
    message: 'etcd could not be started from {binary}: {problem}.',
    hint: 'Check that the file is there and may be run, and that etcdUser in agent.yml is right.',
  },
  service_busy: {
    status: 503,
    message: 'Another agent on this machine has been starting or stopping etcd for {seconds} s.',
    hint: 'Look for a second picket-agent with the same stateDir, and stop it.',
  },
  service_stuck: {
    status: 500,
    message: 'etcd (pid {pid}) is still there {seconds} s after SIGKILL.',
    hint: 'A process that cannot die waits for a disk: look at `dmesg`, and restart the machine if it stays.',
  },
  init_command_failed: {
    status: 500,
    message: '`{command}` failed: {problem}.',
    hint: 'Run the same command by hand as root; if it works there, the agent does not run as root or its machine is busy.',
  },
  init_system_unsupported: {
    status: 500,
    message: 'etcd cannot be run by {init}: {problem}.',
    hint: 'Set init in agent.yml to what runs this machine, or leave it at auto.',
  },
  agent_config_unreadable: {
    status: 500,
    message: 'There is no agent configuration at {path}.',
    hint: 'Give the path of an agent.yml with --config, or leave that out: every key has a default.',
  },
  agent_config_invalid: {
    status: 500,
    message: 'The agent configuration {path} is not valid: {problems}.',
    hint: 'Correct each point. The annotated sample that comes with the agent lists every key with its default.',
  },
  coordinator_url_invalid: {
    status: 400,
    message: 'The coordinator address {url} is not valid: {problem}.',
    hint: 'Write it as https://HOST:PORT; without a port it is 7443.',
  },
  coordinator_unreachable: {
    status: 503,
    message: 'The coordinator at {url} cannot be reached: {reason}.',
    hint: 'etcd goes on as it is. `curl -k {url}/v1/trust-bundle` from this machine shows whether the way there is open.',
  },
  coordinator_name_mismatch: {
    status: 502,
    message: "The coordinator's certificate is not for {host}; it is for {names}.",
    hint: 'Use one of those names in its address, or restart the coordinator with {host} among its names.',
  },
  coordinator_answer_invalid: {
    status: 502,
    message: 'What answered at {url} does not answer as a coordinator does: {problem}.',
    hint: 'Check the address and port, and whether a proxy stands in between; else compare the versions of agent and coordinator.',
  },
  join_string_missing: {
    status: 400,
    message: 'There is no join string.',
    hint: 'Put what `picket token create` printed into PICKET_JOIN, pipe it in, or name a file that holds it with --join-file.',
  },
  already_joined: {
    status: 409,
    message: 'This machine is already node {nodeId}, the {kind} {member} of {cluster} at {coordinator}.',
    hint: 'Nothing was changed. For a new identity at the same coordinator, run join with --again and a new join string; a running agent takes it over.',
  },
  follows_another: {
    status: 409,
    message: 'This machine follows another coordinator (inventory {inventory}), and the join string is not from there.',
    hint: 'Nothing was sent or changed. To leave that coordinator, stop the agent and etcd and move {stateDir} away, and the files that Picket wrote for etcd. The data of etcd lies in {stateDir} as well: the member is lost to its cluster then.',
  },
  identity_damaged: {
    status: 500,
    message: 'The identity of this node in {path} is damaged: {problem}.',
    hint: 'Join again with a new token, as the same member: the key that is left is used again where it can be.',
  },
  architecture_unsupported: {
    status: 500,
    message: 'This system is for {architecture}, and Picket runs members on aarch64 and x86-64 alone: {reason}.',
    hint: '{remedy}',
  },
  data_in_memory: {
    status: 409,
    message: '{path} lies in memory ({fileSystem}): what etcd keeps there is gone with the next power cut.',
    hint: 'Mount a disk there, or set stateDir in agent.yml to a folder on one; on a diskless Alpine that is a partition of its own, with ext4 and a line in /etc/fstab, kept by `lbu commit`. Nothing was touched.',
  },
  clock_wrong: {
    status: 409,
    message: 'The clock of this machine cannot be right: {doubt}.',
    hint: 'Joining waits for time sync: start a time service (chronyd or ntpd), and run it again once the clock is set. The join token is not spent.',
  },
  preflight_failed: {
    status: 409,
    message: 'This machine cannot become a node yet, because of {failed}.',
    hint: 'Mend what is marked with ✗, then run it again. Nothing was changed.',
  },
  etcd_not_installed: {
    status: 500,
    message: 'etcd is not installed on this machine: {problem}.',
    hint: 'Install it: {command}. Or name its binary as etcdBinary in agent.yml.',
  },
  etcd_unusable: {
    status: 500,
    message: 'The etcd at {binary} cannot be used: {problem}.',
    hint: 'Run it by hand: {command}. It may be for another architecture, or closed to the user that etcd runs as.',
  },
  etcd_held_back: {
    status: 500,
    message: 'The etcd at {binary} is version {version}, and this member runs etcd {minor}: it is not started.',
    hint: 'Install etcd {minor} again. `picket-agent status` prints the command for this machine.',
  },
  etcd_too_old: {
    status: 500,
    message: 'The etcd at {binary} is version {version}; Picket needs at least {minimum}.',
    hint: 'Install a newer one: {command}.',
  },
  etcd_too_new: {
    status: 500,
    message: 'The etcd at {binary} is version {version}; Picket knows the versions before {limit}.',
    hint: 'Install a version that this Picket knows, or a newer Picket.',
  },
  foreign_etcd: {
    status: 409,
    message: "This machine already has an etcd that is not Picket's: {found}.",
    hint: 'Nothing was touched. See "A machine that already has an etcd" in docs/operating.md; if it is not needed, stop it and move its files away first.',
  },
  foreign_files: {
    status: 409,
    message: 'This machine already has files of the names that a client node writes: {found}.',
    hint: 'Nothing was touched. Move them away if nothing needs them; a machine that is a member has them already and need not join as a client.',
  },
  port_taken: {
    status: 409,
    message: 'The {purpose} port {port} on {address} cannot be listened on: {holder}.',
    hint: 'Stop what is there, then run join again or go on with `picket-agent run`. The node has joined, and its identity is kept.',
  },
  not_joined: {
    status: 409,
    message: 'This machine has not joined a cluster: {path} holds no identity of a node.',
    hint: 'Run `picket-agent join` with the join string that `picket token create` printed. If it had joined before, its disk was wiped or is not mounted: mount it. If the data is lost: `picket member replace CLUSTER NAME`; once `picket status` shows it out of etcd, take Picket off what is left of this machine (`picket installer --purge` prints the line), and join by the line of `picket token create CLUSTER --member NAME`.',
  },
  agent_running: {
    status: 409,
    message: 'Another picket-agent is at work in {stateDir}.',
    hint: 'One agent is enough: stop the other, or look at it with `picket-agent status`.',
  },
  agent_state_missing: {
    status: 500,
    message: 'This node has joined, and its record of what it has done ({path}) is gone.',
    hint: 'Was the disk wiped, or is it not mounted? Without the record an empty data dir could be taken for a new one, so nothing is started. If it is lost: `picket member replace CLUSTER NAME`, which is refused where the others need this one. Once `picket status` shows it out of etcd, take Picket off this machine (`picket installer --purge` prints the line), and join by the line of `picket token create CLUSTER --member NAME`.',
  },
  agent_state_unreadable: {
    status: 500,
    message: "The agent's record {path} cannot be read: {problem}.",
    hint: 'Put back a copy of this very file if there is one; else `picket member replace CLUSTER NAME`, and once `picket status` shows it out of etcd, take Picket off this machine (`picket installer --purge` prints the line) and join by the line of `picket token create CLUSTER --member NAME`. Do not delete it to go on: it keeps an old or empty etcd from being started.',
  },
  certificate_answer_wrong: {
    status: 502,
    message: 'The coordinator answered with a {purpose} certificate that is not the one asked for: {problem}.',
    hint: 'The certificate held before is unchanged. Compare the versions of agent and coordinator, and the clocks of both.',
  },
  certificate_put_back: {
    status: 502,
    message: 'The former {purpose} certificate was put back, since the new one did not hold: {problem}.',
    hint: 'etcd goes on with the former, and its agent tries again by itself, with another, after a pause that grows up to an hour. If it stays: compare the clocks, and see what etcd’s own log says of the handshake.',
  },
  certificate_unproven: {
    status: 502,
    message: 'etcd was not seen to take the new {purpose} certificate: {problem}.',
    hint: 'It stays in place, since what was there before is no better. The agent looks again by itself after a pause. If etcd hangs, its own log says why.',
  },
  restart_refused: {
    status: 409,
    message: 'etcd was not restarted: {reason}.',
    hint: 'It goes on with its old configuration. The agent looks again by itself while it has a permit, and the coordinator gives another.',
  },
  defragmentation_refused: {
    status: 409,
    message: 'etcd was not defragmented: {reason}.',
    hint: 'Its database stays as large as it is. The agent looks again by itself while it has a permit, and the coordinator gives another.',
  },
  data_dir_refused: {
    status: 409,
    message: 'etcd is not started on {folder}: {problem}.',
    hint: 'A data dir is made once and never again. Mount the disk if it is not mounted; else replace the member: `picket member replace`.',
  },
  data_root_exposed: {
    status: 409,
    message: '{path} cannot hold the data of etcd: {problem}.',
    hint: 'etcd must pass through it and never write in it, or it could begin anew where its data is lost. Run as root: chown root {path} && chmod {mode} {path}.',
  },
  etcdutl_missing: {
    status: 503,
    message: 'The snapshot {id} cannot be restored here: {problem}.',
    hint: 'Give it to the coordinator with `picket release add FILE --sha256 HEX`, or install it on this node (Debian: etcd-client). The agent goes on by itself.',
  },
  restore_failed: {
    status: 500,
    message: 'The snapshot {id} could not be restored: {problem}.',
    hint: 'The agent tries again by itself. If it stays, restore another snapshot: `picket cluster restore NAME --snapshot ID --force`.',
  },
  former_cluster_serves: {
    status: 409,
    message:
      'The snapshot {snapshot} is not restored yet: the former cluster answers reads at {voters}. To keep what it has written since, save it on one of these machines first, with that machine’s address: `ETCDCTL_ENDPOINTS=https://ADDRESS:2379 etcdctl snapshot save FILE`. To go on, stop the agent and etcd on each of them (OpenRC: `rc-service picket-agent stop; rc-service etcd stop`; systemd: `systemctl stop picket-agent etcd`), or switch it off.',
    hint: 'The agent asks again every 10 s, and restores the snapshot once none of them answers.',
  },
  former_cluster_unasked: {
    status: 503,
    message:
      'The snapshot {snapshot} is not restored yet: without its certificates this node cannot ask the former voters.',
    hint: 'The agent obtains its certificates and tries again. `picket-agent status` shows what it waits for.',
  },
  step_impossible: {
    status: 500,
    message: 'The step {step} cannot be done: {problem}.',
    hint: 'The agent tries again by itself; if it stays, its log has what led to it.',
  },
  member_not_ready: {
    status: 504,
    message: 'For {seconds} s {member} was not seen to be a healthy member of {cluster}; it waits for: {reasons}.',
    hint: 'Its agent, if it runs, goes on by itself. Look again with `picket-agent status` here, or `picket status {cluster}` where you work.',
  },
  client_not_ready: {
    status: 504,
    message:
      'After {seconds} s the client {client} of {cluster} has not all that it should have; it waits for: {reasons}.',
    hint: 'Its agent, if it runs, goes on by itself. Look again with `picket-agent status` here, or `picket status {cluster}` where you work.',
  },
  node_not_as_desired: {
    status: 503,
    message: 'This node is not yet as the coordinator wants it: {reasons}.',
    hint: 'Run it again, or `picket-agent run`, which goes on until it is.',
  },

  // picket (CLI)
  usage_invalid: {
    status: 400,
    message: 'The command line is not right: {problem}.',
    hint: 'Run `{command} --help` for what it takes.',
  },
  context_missing: {
    status: 400,
    message: 'There is no context file at {path}.',
    hint: '`picket-coordinator init` writes one: copy it here (mode 0600), or name it with --context FILE or in PICKET_CONTEXT.',
  },
  context_unreadable: {
    status: 400,
    message: 'The context file {path} cannot be read: {problem}.',
    hint: 'It must be a file that you own, with mode 0600; --context FILE or PICKET_CONTEXT names another.',
  },
  context_exposed: {
    status: 400,
    message: 'The context file {path} can be read by others (mode {mode}), and it holds a private key.',
    hint: 'Run `chmod 600 {path}`. If others may have read it: it cannot be revoked yet, but on the coordinator `picket-coordinator operator NAME --role viewer --context FILE` takes the rights of that operator away; make another for yourself.',
  },
  context_invalid: {
    status: 400,
    message: 'The context file {path} is not valid: {problem}.',
    hint: 'Put back the file that `picket-coordinator init` wrote, whole.',
  },
  coordinator_untrusted: {
    status: 502,
    message: 'The coordinator at {url} cannot be told from an impostor: {problem}.',
    hint: 'Nothing was sent. Check the address; if the coordinator was set up anew, use the context file that its init wrote.',
  },
  coordinator_silent: {
    status: 504,
    message: 'The coordinator at {url} gave no answer to {request}: {reason}.',
    hint: 'A change may have been made all the same: look with `picket cluster list` or `picket events` before you repeat it.',
  },
  not_confirmed: {
    status: 409,
    message: 'The cluster {name} was left as it is: {problem}.',
    hint: 'Type its name when asked, or pass --yes. `picket cluster restore` and `reset` take it by --confirm as well.',
  },
  replacement_not_confirmed: {
    status: 409,
    message: 'The member {name} was left as it is: {problem}.',
    hint: 'Type its name when asked, or pass --yes.',
  },
  loss_not_confirmed: {
    status: 409,
    message: 'The node {nodeId} ({name}) was left as it is: {problem}.',
    hint: 'Type its name when asked, or pass --yes.',
  },
  readoption_not_confirmed: {
    status: 409,
    message: 'The node {nodeId} ({name}) was not taken up again: {problem}.',
    hint: 'Type its name when asked, or pass --yes.',
  },
  file_exists: {
    status: 409,
    message: 'There is already a file {path}.',
    hint: 'Name another, or move that one away: it is not overwritten.',
  },
  file_unwritable: {
    status: 500,
    message: 'The file {path} cannot be written: {problem}.',
    hint: 'Name another place, or make room there. Nothing half is left.',
  },
  download_damaged: {
    status: 502,
    message: 'What came of the snapshot {id} is not what the coordinator has: {problem}.',
    hint: 'Nothing was kept. Try again; `picket snapshot verify {id}` looks at the one on the coordinator.',
  },
  cli_failed: {
    status: 500,
    message: 'picket failed unexpectedly: {problem}.',
    hint: 'Please report this as a bug, with the command that you ran.',
  },
} as const satisfies Record<string, ErrorEntry>;

interface ErrorEntry {
  readonly status: number;
  readonly message: string;
  readonly hint: string;
}

export type ErrorCode = keyof typeof errorTable;

type Placeholders<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholders<Rest>
  : never;

/** The facts that a code's message and hint need, by name. */
export type ErrorDetails<Code extends ErrorCode> = {
  readonly [Name in Placeholders<(typeof errorTable)[Code]['message'] | (typeof errorTable)[Code]['hint']>]:
    | string
    | number
    | AnyReason;
};

/** What an error looks like on the wire and in `--output json`. */
export interface WireError {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  readonly details: Readonly<Record<string, string | number>>;
}

/** An error that a user can act on: a code of {@link errorTable} with its facts. */
export class PicketError extends Error {
  override readonly name = 'PicketError';
  readonly code: ErrorCode;
  readonly status: number;
  readonly hint: string;
  readonly details: Readonly<Record<string, string | number>>;

  constructor(code: ErrorCode, facts: Readonly<Record<string, string | number | AnyReason>>, options?: ErrorOptions) {
    const entry: ErrorEntry = errorTable[code];
    const details = Object.fromEntries(Object.entries(facts).map(([name, fact]) => [name, plain(fact)]));
    super(fill(entry.message, details), options);
    this.code = code;
    this.status = entry.status;
    this.hint = fill(entry.hint, details);
    this.details = details;
  }

  toWire(): WireError {
    return { code: this.code, message: this.message, hint: this.hint, details: this.details };
  }
}

/**
 * Makes (does not throw) the error of this code, so that callers write `throw failure(…)` and the compiler
 * sees the end of the path. The details are checked against the placeholders of the code's texts.
 */
export function failure<Code extends ErrorCode>(
  code: Code,
  details: ErrorDetails<Code>,
  options?: ErrorOptions,
): PicketError {
  return new PicketError(code, details as Readonly<Record<string, string | number | AnyReason>>, options);
}

function plain(fact: string | number | AnyReason): string | number {
  return typeof fact === 'object' ? inWords(fact) : fact;
}

function fill(text: string, details: Readonly<Record<string, string | number>>): string {
  const filled = text.replace(/\{(\w+)\}/g, (whole, name: string) => String(details[name] ?? whole));
  // A reason may end as a question or a sentence of its own.
  return filled.replace(/(?<!\.)([.?!])\.(?=\s|$)/g, '$1');
}
