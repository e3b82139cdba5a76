/** What an agent meets before it is a node: its configuration, the coordinator, etcd. */
export const agentJoiningErrors = {
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
    hint: 'Nothing was touched. See "A machine that already has an etcd" in docs/how-to/install-a-node.md; if it is not needed, stop it and move its files away first.',
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
} as const;
