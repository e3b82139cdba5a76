/** What an agent meets while it brings its node to the desired state. */
export const agentWorkErrors = {
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
} as const;
