import { badGateway, conflict, gatewayTimeout, internalError, unavailable } from './by-status.ts';
/** Errors of an agent while it brings its node to the desired state. */
export const agentWorkErrors = {
  agent_running: conflict(
    'Another picket-agent already runs with the folder {stateDir}.',
    'Look at it with `picket-agent status`. To run this one instead, stop the other first.',
  ),
  agent_not_running: conflict(
    'No picket-agent runs with the folder {stateDir}, and only a running agent can do this.',
    'Nothing was changed. Start the agent, with `rc-service picket-agent start` or `systemctl start picket-agent`, and repeat the command.',
  ),
  agent_state_missing: internalError(
    'This node has joined, but its record of what it has done ({path}) is missing.',
    'Was the disk wiped, or is it not mounted? Without the record the agent could mistake an empty data directory for a new one, so it starts nothing. If the disk is not mounted, mount it. If the record is lost: (1) run `picket member replace CLUSTER NAME`, which is refused if the other members need this one; (2) wait until `picket status` shows that the member left etcd; (3) remove Picket and its data from this machine with the command that `picket installer --purge` prints; (4) join with the install command that `picket token create CLUSTER --member NAME` prints.',
  ),
  agent_state_unreadable: internalError(
    "The agent's record {path} cannot be read: {problem}.",
    'Do not delete this file: it prevents the start of an old or empty etcd. If you have an exact copy of it, put the copy back. Otherwise: (1) run `picket member replace CLUSTER NAME`; (2) wait until `picket status` shows that the member left etcd; (3) remove Picket and its data from this machine with the command that `picket installer --purge` prints; (4) join with the install command that `picket token create CLUSTER --member NAME` prints.',
  ),
  certificate_answer_wrong: badGateway(
    'The coordinator sent a {purpose} certificate that is not the requested one: {problem}.',
    'The present certificate is unchanged. Compare the versions of the agent and the coordinator, and the clocks of both machines.',
  ),
  certificate_put_back: badGateway(
    'The agent put the former {purpose} certificate back, because the new one did not work: {problem}.',
    'etcd uses the former certificate. The agent retries with another new one after a pause, which grows to one hour. If this continues, compare the clocks, and read what etcd’s log says about the handshake.',
  ),
  certificate_unproven: badGateway(
    'The agent could not confirm that etcd uses the new {purpose} certificate: {problem}.',
    'The new certificate stays in place, because the former one is no better. The agent checks again after a pause. If etcd hangs, read its log.',
  ),
  start_refused: conflict(
    'etcd was not started: {reason}.',
    'No action needed: the agent asks the other members again, and starts the newer etcd meanwhile.',
  ),
  restart_refused: conflict(
    'etcd was not restarted: {reason}.',
    'etcd continues with its old configuration. No action needed: the agent retries while its permit is valid, and the coordinator gives another permit after that.',
  ),
  hold_refused: conflict(
    'The hold does not begin: {reason}.',
    'Do not reboot this machine. When the cause is gone, repeat the command that ordered the hold.',
  ),
  hold_needs_coordinator: unavailable(
    'No coordinator has confirmed the hold: {problem}',
    'Nothing was changed on this machine. Repeat the command once the coordinator answers. {advice}',
  ),
  member_needed_now: conflict(
    'No coordinator has answered, and the cluster needs this member now: {why}.',
    'Nothing was changed on this machine. {advice} Of the coordinator: {problem}',
  ),
  hold_interrupted: conflict(
    'This command was stopped before the hold of {member} in {cluster} began.',
    'Do not reboot this machine. The hold may still begin. To end it: `picket-agent release`.',
  ),
  release_needs_coordinator: unavailable(
    'The hold is not released, because no coordinator has answered: {reason}',
    'Repeat the command once the coordinator answers. etcd starts with the machine, and when the time of the hold is over.',
  ),
  defragmentation_refused: conflict(
    'etcd was not defragmented: {reason}.',
    'The database keeps its size. No action needed: the agent retries while its permit is valid, and the coordinator gives another permit after that.',
  ),
  data_dir_refused: conflict(
    'etcd is not started on {folder}: {problem}.',
    'If the disk is not mounted, mount it. Otherwise replace the member, which gives up its copy of the data: `picket member replace CLUSTER NAME`. Picket never creates the same data directory twice.',
  ),
  data_root_exposed: conflict(
    '{path} cannot hold the data of etcd: {problem}.',
    'Run as root: chown root {path} && chmod {mode} {path}. etcd needs to enter this folder but must not write in it: otherwise etcd could start with an empty database after its data is lost.',
  ),
  etcdutl_missing: unavailable(
    'The snapshot {id} cannot be restored here: {problem}.',
    'Add etcdutl to the coordinator with `picket release add FILE --sha256 HEX`, or install it on this node (Debian: `apt-get install etcd-client`). The agent then continues.',
  ),
  restore_failed: internalError(
    'The snapshot {id} could not be restored: {problem}.',
    'The agent retries. If it fails again, restore another snapshot, which loses all that was written after that one was taken: `picket cluster restore NAME --snapshot ID --force`.',
  ),
  former_cluster_serves: conflict(
    'The snapshot {snapshot} is not restored yet, because the former cluster still answers reads at {voters}. To keep what that cluster has written since the snapshot, first run on one of these machines, with its address: `ETCDCTL_ENDPOINTS=https://ADDRESS:2379 etcdctl snapshot save FILE`. Then stop the agent and etcd on each of these machines (OpenRC: `rc-service picket-agent stop; rc-service etcd stop`; systemd: `systemctl stop picket-agent etcd`), or switch the machine off.',
    'The agent asks these machines again every 10 s. It restores the snapshot once none of them answers.',
  ),
  former_cluster_unasked: unavailable(
    'The snapshot {snapshot} is not restored yet: without its certificates this node cannot ask the former voters.',
    'The agent retries once it has its certificates. `picket-agent status` shows what the agent waits for.',
  ),
  step_impossible: internalError(
    'The step {step} cannot be done: {problem}.',
    'The agent retries. If it fails again, read the agent’s log.',
  ),
  member_not_ready: gatewayTimeout(
    'After {seconds} s, {member} is not yet a healthy member of {cluster}. It waits for: {reasons}.',
    'If the agent runs, it continues. Look again with `picket-agent status` here, or with `picket status {cluster}` on your own machine.',
  ),
  client_not_ready: gatewayTimeout(
    'After {seconds} s, the client {client} of {cluster} is not complete yet. It waits for: {reasons}.',
    'If the agent runs, it continues. Look again with `picket-agent status` here, or with `picket status {cluster}` on your own machine.',
  ),
  node_not_as_desired: unavailable(
    'This node is not yet in the desired state: {reasons}.',
    'Run this command again, or run `picket-agent run`, which retries until the node is in the desired state.',
  ),
} as const;
