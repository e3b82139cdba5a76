/**
 * How long the agent waits for etcd to end before it kills etcd, in milliseconds, with every init system. etcd ends within a
 * moment unless its disk is slow. Killing etcd costs no data, only a longer start.
 */
export const stopGraceMs = 30_000;

/** How long OpenRC waits before it kills etcd, at shutdown and if an operator stops the service. */
export const openrcStopSeconds = 120;

/** As {@link openrcStopSeconds}, for systemd. */
export const systemdStopSeconds = 60;
