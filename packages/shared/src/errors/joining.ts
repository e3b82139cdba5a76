/** What the coordinator says to a machine that joins, and to an operator who frees a place. */
export const joiningErrors = {
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
} as const;
