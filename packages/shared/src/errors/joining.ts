import { freshForSeconds } from '../presence/silence.ts';
import { badGateway, badRequest, conflict, forbidden, notFound, unauthorized, unavailable } from './by-status.ts';
/** Errors of the coordinator for a machine that joins, and for an operator who evicts or replaces a node. */
export const joiningErrors = {
  join_string_invalid: badRequest(
    'The join string cannot be read: {problem}.',
    'Paste the whole string that `picket token create` or `picket operator create` printed, in one line: pkt1.ID.SECRET.PIN.',
  ),
  pin_mismatch: badGateway(
    'The coordinator at {url} does not have the certificate authority that the string names.',
    'No secret was sent. Check the address. If it is right, the string is from another coordinator, or someone intercepts the connection.',
  ),
  token_unknown: unauthorized(
    'The join token {tokenId} is unknown to this coordinator, or its secret is wrong.',
    'Paste the whole join string again, or make a new one: `picket token create CLUSTER`.',
  ),
  token_expired: unauthorized(
    'The join token {tokenId} has not been valid since {expiredAt}: it expired, or was revoked.',
    'Make a new one: `picket token create CLUSTER`. The option --ttl makes a token valid for longer. `picket events` shows a revocation.',
  ),
  token_used_up: unauthorized(
    'The join token {tokenId} is used up (allowed uses: {uses}).',
    'Make a new one: `picket token create CLUSTER`. The option --uses lets several nodes join with one token. A restore of the coordinator from a backup makes all earlier tokens void.',
  ),
  token_bound_elsewhere: forbidden(
    'The join token {tokenId} is bound to the {kind} {boundTo}, but this machine asks to join as {name}.',
    'Use it on {boundTo}. If this machine is {boundTo} and its host name differs, pass --name {boundTo}.',
  ),
  token_for_clients: forbidden(
    'The join token {tokenId} is for clients, but this machine asks to join as the member {name}.',
    'To join as a client, which runs no etcd, run join with --client. To join as a member, make another token: `picket token create CLUSTER` without --client.',
  ),
  token_for_members: forbidden(
    'The join token {tokenId} is for members, but this machine asks to join as the client {name}.',
    'To join as a member, run join without --client. To join as a client, make another token: `picket token create CLUSTER --client`.',
  ),
  client_named_as_member: conflict(
    'The name {name} belongs to a member of {cluster}, so a client cannot have it.',
    'Give the client another name with --name; the default is the host name. To join as the member, use a token for members and leave --client out.',
  ),
  client_name_invalid: badRequest(
    '{client} cannot be the name of a client of {cluster}.',
    'Pass --name NAME: at most 57 lower-case letters, digits and hyphens, with a letter or digit at both ends. NAME may end in .{domain}, the domain of the cluster; no other domain.',
  ),
  client_taken: conflict(
    'The client {client} of {cluster} is already node {nodeId}, which joined at {joinedAt}.',
    'If this is another machine, pass --name with another name. If this is that node, run `picket-agent join` again: the coordinator knows its key. If that node is lost, end its access: `picket node evict {nodeId}`.',
  ),
  too_many_clients: conflict(
    'The client {client} cannot join: {cluster} has {most} clients, and more are not allowed.',
    'If a client machine is gone, end its access: `picket node list`, then `picket node evict NODE`. If each one is needed, raise clientsPerCluster in coordinator.yml (limits), and restart the coordinator. The join token was not used.',
  ),
  too_many_nodes: conflict(
    '{name} cannot join {cluster}: {most} nodes have joined this coordinator, and more are not allowed.',
    'Evict clients that are gone, and remove members that are no longer needed: `picket node list` shows all nodes. If each one is needed, raise nodes in coordinator.yml (limits), and restart the coordinator. docs/reference/limits.md says how much memory that takes. The join token was not used.',
  ),
  member_not_declared: notFound(
    'The cluster {cluster} has no member {member}; it has {declared}.',
    'Use one of these names. To join, give the machine one of them as its host name, alone or with the domain of the cluster, or add --name NAME to `picket-agent join`, in the install command after `sh "$f"`. The token was not used.',
  ),
  address_not_declared: notFound(
    'The cluster {cluster} has no member at {address}; it has {declared}.',
    'Pass --address with the address that hosts.csv gives this machine, or --name with its name there.',
  ),
  member_taken: conflict(
    'The member {member} of {cluster} is already node {nodeId}, which joined at {joinedAt}.',
    'If this is that node, run `picket-agent join` again: the coordinator knows its key. To replace it with another machine, make a token bound to this member: `picket token create {cluster} --member {member}`. If its machine or disk is lost and you have no other machine, switch it off, wait until it no longer reports, and give up its data: `picket node evict {nodeId} --lost`.',
  ),
  token_replaces_nobody: forbidden(
    'The member {member} of {cluster} is already node {nodeId}, and the one who made the join token {tokenId} may not replace members.',
    'If this is that node, run `picket-agent join` again: the coordinator knows its key. To replace it, an admin makes the token: `picket token create {cluster} --member {member}`.',
  ),
  member_heard: conflict(
    'The member {member} of {cluster} is not free: {reason}.',
    'To replace that machine, switch it off, wait {wait}, then paste the install command again.',
  ),
  node_heard: conflict(
    'The node {nodeId} ({member} of {cluster}) is not evicted as lost: {reason}.',
    'A node that reports is not lost. To give up its data all the same, switch it off, wait {wait}, and repeat this command. To replace a member whose agent runs, which gives up its copy of the data: `picket member replace {cluster} {member}`.',
  ),
  node_may_serve: conflict(
    'The node {nodeId} ({member} of {cluster}) is not evicted as lost: the etcd of {serving} answered a linearizable read, so a quorum served at that time, and at least one of {lost} was alive.',
    `If one of them still runs, start its agent. Or stop its etcd, wait ${freshForSeconds} s, and repeat this command. If all of them have died since, repeat this command in {wait}.`,
  ),
  joined_as_another: conflict(
    'This machine is already node {nodeId}, the {kind} {member} of {cluster}. It cannot join {wantedCluster} as {name}.',
    'Join again as the same {kind}: --name {member}. To join as something else, remove the member with `picket member remove`, which gives up its copy of the data, or the client with `picket node evict`; `picket-agent status` says FREE when this machine can join again.',
  ),
  node_evicted: forbidden(
    'Node {nodeId}, whose key this is, was evicted at {evictedAt}.',
    'Its key is no longer accepted. If an operator removed the member, evicted a client, or deleted the cluster, the agent frees this machine within a minute: `picket-agent status` then says FREE, and a new token lets it join. Otherwise its etcd and its data stay as they are. To join as a new node, remove Picket and its data first: `sh /var/lib/picket/installer/install.sh --purge`.',
  ),
  address_not_on_node: conflict(
    'The member {name} has the address {address}, but no interface of this machine has it ({addresses}).',
    'Set the address on an interface; a VIP is not enough. If hosts.csv has the wrong address, run `picket cluster export`, correct the address in that file, and run `picket cluster apply`. Until the cluster is founded, you can change the address of any member that no machine has joined as.',
  ),
  agent_version_differs: conflict(
    'This agent has version {version} and the coordinator {coordinator}: they are more than one minor version apart.',
    'Install the agent of this coordinator with the install command that `picket token create` prints. Nothing was changed on this machine, and the join token was not used.',
  ),
  etcd_minor_differs: conflict(
    'This machine has etcd {version}, but the cluster {cluster} runs {runs}.',
    'All members of a cluster run the same minor version. Install etcd {minor} on this machine, or run etcd {minor} from a release in the whole cluster: `picket cluster set {cluster} etcd=release:VERSION`. If this machine has the later version, `picket cluster upgrade {cluster}` brings the members to it. Then run join again. Nothing was changed on this machine, and the join token was not used.',
  ),
  release_not_for_machine: conflict(
    'The members of {cluster} run the release {version} of etcd, and the release store does not have it for this machine ({architecture}).',
    'Add it: `picket release add {archive}`. Then run join again. Nothing was changed on this machine, and the join token was not used.',
  ),
  clock_behind: unavailable(
    'The coordinator’s clock says {now}, which is before its last issuance at {lastIssuance}.',
    'If the coordinator’s clock is wrong, set it. If it is right, it was wrong at that issuance: start the coordinator once as `picket-coordinator serve --accept-clock`, which forgets that time.',
  ),
} as const;
