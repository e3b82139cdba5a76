/** Starts the agent on a machine with OpenRC or systemd. */
export const startsAgent = 'rc-service picket-agent start || systemctl start picket-agent';
