import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';

/** The content of one line: names that resolve to one address. */
export interface NameRecord {
  readonly names: readonly string[];
  readonly address: string;
}

/** The names of a cluster: those of each member, and the shared names, which resolve to all members. */
export interface ClusterNames {
  readonly members: readonly NameRecord[];
  readonly services: readonly NameRecord[];
}

export const dnsFormats = ['dnsmasq', 'hosts'] as const;
export type DnsFormat = (typeof dnsFormats)[number];

/** With these names in DNS, `advertise: name` works, and clients can use the shared name. */
export function clusterNames({ members, domain, serviceNames }: ClusterSpec): ClusterNames {
  return {
    members: members.map(({ name, address }) => ({ names: [`${name}.${domain}`, name], address })),
    services: serviceNames.flatMap((service) => members.map(({ address }) => ({ names: [service], address }))),
  };
}

const formats: Readonly<Record<DnsFormat, { readonly heading: string; readonly line: (one: NameRecord) => string }>> = {
  dnsmasq: {
    heading: 'dnsmasq: put this into a file in /etc/dnsmasq.d on your DNS server, then restart dnsmasq',
    line: ({ names, address }) => `host-record=${[...names, address].join(',')}`,
  },
  hosts: {
    heading: 'Without DNS: add this to /etc/hosts on every machine that uses the names',
    line: ({ names, address }) => `${address} ${names.join(' ')}`,
  },
};

/**
 * `picket cluster dns`. The members come first, because reverse lookups return the first name of an address (dnsmasq(8),
 * --host-record; hosts(5)).
 */
export function dnsLines(spec: ClusterSpec, wanted: readonly DnsFormat[]): string {
  return wanted
    .map((format) => [`# ${formats[format].heading}`, ...linesOf(spec, formats[format].line)].join('\n'))
    .join('\n\n');
}

function linesOf(spec: ClusterSpec, line: (one: NameRecord) => string): string[] {
  const { members, services } = clusterNames(spec);
  const vips =
    spec.vips.length === 0 ? [] : [`# ${spec.vips.join(' or ')} (a VIP of the cluster) can replace these addresses.`];
  return [
    `# The members of ${spec.name}`,
    ...members.map(line),
    ...(services.length === 0 ? [] : ['# Names for all members together', ...vips, ...services.map(line)]),
  ];
}
