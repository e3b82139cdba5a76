import { join } from 'node:path';

// As the seed has them. root/etc/hosts, which every host has, holds the same names.

/** The three boards, by the names and addresses of hosts.csv. */
export const hosts = [
  { name: 'x-k3s-m-1', address: '192.168.7.11' },
  { name: 'x-k3s-m-2', address: '192.168.7.12' },
  { name: 'x-k3s-m-3', address: '192.168.7.13' },
] as const;

/** And two more, for a cluster that may lose two members. */
export const fiveHosts = [
  ...hosts,
  { name: 'x-k3s-m-4', address: '192.168.7.14' },
  { name: 'x-k3s-m-5', address: '192.168.7.15' },
] as const;

export type HostName = (typeof fiveHosts)[number]['name'];

export const cluster = 'x-k3s';
export const domain = 'edge.huatai.me';

/** Resolves to all three boards. */
export const serviceName = 'etcd.edge.huatai.me';

/** Where this machine is in the lab's network. */
export const gateway = '192.168.7.1';

export const coordinatorName = 'picket.edge.huatai.me';
export const coordinatorAddress = '192.168.7.10';
export const coordinatorUrl = `https://${coordinatorName}:7443`;

/** The seed's host list, Chinese header included. */
export const hostsFile = join(import.meta.dirname, 'hosts.csv');

export const fiveHostsFile = join(import.meta.dirname, 'five-hosts.csv');
