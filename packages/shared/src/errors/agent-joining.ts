import { badGateway, badRequest, conflict, internalError, unavailable } from './by-status.ts';
/** Errors of an agent before its machine is a node: its configuration, the coordinator, etcd. */
export const agentJoiningErrors = {
  agent_config_unreadable: badRequest(
    'The agent configuration {path} does not exist.',
    'Give the path of an agent.yml with --config, or leave --config out: every key has a default.',
  ),
  agent_config_invalid: badRequest(
    'The agent configuration {path} is not valid: {problems}.',
    'Correct each point. The annotated sample that comes with the agent lists every key with its default.',
  ),
  coordinator_url_invalid: badRequest(
    'The coordinator address {url} is not valid: {problem}.',
    'Write it as https://HOST:PORT. The default port is 7443.',
  ),
  coordinator_unreachable: unavailable(
    'The coordinator at {url} cannot be reached: {reason}.',
    'etcd is not affected. On the coordinator, look at its service: `rc-service picket-coordinator status` (OpenRC) or `systemctl status picket-coordinator` (systemd). If it is stopped, start it: `rc-service picket-coordinator start` or `systemctl start picket-coordinator`. If it runs, check that {url} is its address, and that no firewall blocks the port.',
  ),
  coordinator_name_mismatch: badGateway(
    "The coordinator's certificate is not for {host}; it is for {names}.",
    'Use one of those names in the address, or add {host} to hosts in coordinator.yml and restart the coordinator.',
  ),
  coordinator_answer_invalid: badGateway(
    'The answer from {url} is not the answer of a coordinator: {problem}.',
    'Check the address and the port, and whether a proxy is in between. If they are right, compare the versions of the agent and the coordinator.',
  ),
  join_string_missing: badRequest(
    'The join string is missing.',
    'Put the string that `picket token create` printed into the environment variable PICKET_JOIN, pipe it to this command, or name a file with it: --join-file FILE.',
  ),
  already_joined: conflict(
    'This machine is already node {nodeId}, the {kind} {member} of {cluster} at {coordinator}.',
    'Nothing was changed. If this node needs a new identity at the same coordinator, run `picket-agent join --again` with a new join string. A running agent uses the new identity without a restart.',
  ),
  member_leaving: conflict(
    'This machine is still node {nodeId}, the member {member} of {cluster}. Operators have removed that member or deleted the cluster, and the agent of this machine has not finished leaving.',
    'Wait until `picket-agent status` says FREE, then run join again. If the agent does not run, start it. Nothing was changed, and the join token was not used.',
  ),
  follows_another: conflict(
    'This machine follows another coordinator (inventory {inventory}), and the join string is not from that coordinator.',
    'Nothing was sent or changed. To leave that coordinator, stop the agent and etcd, and move {stateDir} and the files that Picket wrote for etcd to another place. {stateDir} also holds the data of etcd, so the cluster loses this member.',
  ),
  identity_damaged: internalError(
    'The identity of this node in {path} is damaged: {problem}.',
    'Join again as the same member with a new token: `picket token create CLUSTER --member NAME`, and here `picket-agent join --again`. If the old key can still be read, the agent keeps it.',
  ),
  architecture_unsupported: conflict(
    'This system is for {architecture}, and Picket runs members only on aarch64 and x86-64: {reason}.',
    '{remedy}',
  ),
  data_in_memory: conflict(
    '{path} is in memory ({fileSystem}): a power cut would delete the data of etcd there.',
    'Mount a disk there, or set stateDir in agent.yml to a folder on a disk. On a diskless Alpine, use a partition with ext4, add it to /etc/fstab, and run `lbu commit`. Nothing was changed.',
  ),
  clock_wrong: conflict(
    'The clock of this machine is wrong: {doubt}.',
    'Start a time service (chronyd or ntpd). Once the clock is set, run this command again. The join token was not used.',
  ),
  preflight_failed: conflict(
    'This machine cannot become a node yet. Failed checks: {failed}.',
    'Correct each check that is marked with ✗, then run this command again. Nothing was changed.',
  ),
  etcd_not_installed: conflict(
    'etcd is not installed on this machine: {problem}.',
    'Install it: {command}. If it is installed elsewhere, set etcdBinary in agent.yml to its path.',
  ),
  etcd_unusable: internalError(
    'The etcd at {binary} cannot be used: {problem}.',
    'Run it by hand: {command}. It may be for another architecture, or the user that etcd runs as may lack the permission to run it.',
  ),
  etcd_held_back: internalError(
    'The etcd at {binary} is version {version}, but this member runs etcd {minor}, so the agent does not start it.',
    'Install etcd {minor} again. `picket-agent status` prints the command for this machine.',
  ),
  etcd_too_old: conflict('Picket needs etcd {minimum} or later, and {found}.', 'Install a newer one: {command}.'),
  etcd_too_new: conflict(
    'Picket supports only versions of etcd before {limit}, and {found}.',
    'Install an older etcd, or a newer Picket that supports this version.',
  ),
  foreign_etcd: conflict(
    "This machine already has an etcd that is not Picket's: {found}.",
    'Nothing was changed. See "A machine that already has an etcd" in docs/how-to/install-a-node.md. If you do not need that etcd, stop it and move its files to another place, then run join again.',
  ),
  foreign_files: conflict(
    'This machine already has files with the names that a client node writes: {found}.',
    'Nothing was changed. If nothing needs these files, move them to another place, then run join again. A member already has them and does not need to join as a client.',
  ),
  port_taken: conflict(
    'etcd cannot use the {purpose} port {port} on {address}: {holder}.',
    'Stop the program that uses the port, then run join again or start `picket-agent run`. The node has joined, and it keeps its identity.',
  ),
  not_joined: conflict(
    'This machine has not joined a cluster: {path} holds no identity.',
    'Run `picket-agent join` with the join string that `picket token create` printed. If this machine joined before, its disk was wiped or is not mounted. If it is not mounted, mount it. If the data is lost: (1) run `picket member replace CLUSTER NAME`; (2) wait until `picket status` shows that the member left etcd; (3) remove Picket and its data from this machine with the command that `picket installer --purge` prints; (4) join with the install command that `picket token create CLUSTER --member NAME` prints.',
  ),
} as const;
