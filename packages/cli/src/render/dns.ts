import { plain } from '@picket/shared/plain.ts';
import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';

/** One line's worth: names that lead to one address. */
export interface NameRecord {
  readonly names: readonly string[];
  readonly address: string;
}

/** The names of a cluster: each member's own, and the shared ones, which lead to every member. */
export interface ClusterNames {
  readonly members: readonly NameRecord[];
  readonly services: readonly NameRecord[];
}

export const dnsFormats = ['dnsmasq', 'hosts'] as const;
export type DnsFormat = (typeof dnsFormats)[number];

/** Who resolves these gets along with `advertise: name`, and with clients that are sent to the shared name. */
export function clusterNames({ members, domain, serviceNames }: ClusterSpec): ClusterNames {
  return {
    members: members.map(({ name, address }) => ({ names: [`${name}.${domain}`, name], address })),
    services: serviceNames.flatMap((service) => members.map(({ address }) => ({ names: [service], address }))),
  };
}

const formats: Readonly<Record<DnsFormat, { readonly heading: string; readonly line: (one: NameRecord) => string }>> = {
  dnsmasq: {
    heading: 'dnsmasq: a file in /etc/dnsmasq.d, on the machine that the others ask; then restart dnsmasq',
    line: ({ names, address }) => `host-record=${[...names, address].join(',')}`,
  },
  hosts: {
    heading: 'Without DNS: add to /etc/hosts on every machine that uses the names',
    line: ({ names, address }) => `${address} ${names.join(' ')}`,
  },
};

/**
 * `picket cluster dns`. The members come first: the first name of an address is the one that it is turned back into
 * (dnsmasq(8), --host-record; hosts(5)).
 */
export function dnsLines(spec: ClusterSpec, wanted: readonly DnsFormat[]): string {
  return wanted
    .map((format) => [`# ${formats[format].heading}`, ...linesOf(spec, formats[format].line)].join('\n'))
    .join('\n\n');
}

function linesOf(spec: ClusterSpec, line: (one: NameRecord) => string): string[] {
  const { members, services } = clusterNames(spec);
  const vips =
    spec.vips.length === 0
      ? []
      : [`# ${spec.vips.join(' or ')}, which fronts them, can stand in place of these addresses.`];
  return [
    `# The members of ${spec.name}`,
    ...members.map(line),
    ...(services.length === 0 ? [] : ['# What they are called together', ...vips, ...services.map(line)]),
  ].map(plain);
}
