/** Starts the agent on a machine with OpenRC or systemd. */
export const startsAgent = 'rc-service picket-agent start || systemctl start picket-agent';

/** The same of a restart. */
export const restartsAgent = 'rc-service picket-agent restart || systemctl restart picket-agent';

/** Stops and starts etcd on a machine by hand. The agent stops first and starts last: while it runs, it starts etcd again. */
export const etcdByHand = {
  openrc: {
    stop: 'rc-service picket-agent stop && rc-service etcd stop',
    start: 'rc-service etcd start && rc-service picket-agent start',
  },
  systemd: { stop: 'systemctl stop picket-agent etcd', start: 'systemctl start etcd picket-agent' },
  process: null,
  none: null,
} as const;
