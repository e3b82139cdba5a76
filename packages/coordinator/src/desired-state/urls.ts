import type { ClusterSpec, MemberSpec } from '@picket/shared/protocol/clusters.ts';

/** The URL under which other members know this one. By address unless asked, so that losing DNS costs nothing. */
export function peerUrlOf(spec: ClusterSpec, member: MemberSpec): string {
  return `https://${advertisedHost(spec, member)}:${spec.ports.peer}`;
}

/** The URL under which clients know this member. */
export function clientUrlOf(spec: ClusterSpec, member: MemberSpec): string {
  return `https://${advertisedHost(spec, member)}:${spec.ports.client}`;
}

export function fqdnOf(spec: ClusterSpec, member: MemberSpec): string {
  return `${member.name}.${spec.domain}`;
}

function advertisedHost(spec: ClusterSpec, member: MemberSpec): string {
  if (spec.advertise === 'name') return fqdnOf(spec, member);
  return member.address.includes(':') ? `[${member.address}]` : member.address;
}
